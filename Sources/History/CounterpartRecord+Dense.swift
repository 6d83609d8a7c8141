/// Busy counterparts: 26 hours and 38 days in 80 bytes.
///
/// Body layout: 4 × UInt32 exact hours (newest first), UInt32 sum of the day that hours are leaving into,
/// 38 × UInt8 days before that one (newest first), 22 × UInt8 hours (newest first).
extension CounterpartRecord {
    private static let exactHours = 4
    private static let codedHours = 22
    private static let hours: Int32 = 26
    private static let days = 38

    private var exact: UnsafeMutablePointer<UInt32> { (base + 32).assumingMemoryBound(to: UInt32.self) }
    private var leaving: UnsafeMutablePointer<UInt32> { (base + 48).assumingMemoryBound(to: UInt32.self) }
    private var dayCodes: UnsafeMutablePointer<UInt8> { (base + 52).assumingMemoryBound(to: UInt8.self) }
    private var hourCodes: UnsafeMutablePointer<UInt8> { (base + 90).assumingMemoryBound(to: UInt8.self) }

    /// Zeroes the body through raw memory, which sparse bytes and dense counts may both follow.
    private func clearBody() {
        for offset in stride(from: 32, to: 32 + Self.bodyBytes, by: 4) {
            base.storeBytes(of: 0, toByteOffset: offset, as: UInt32.self)
        }
    }

    /// Takes the hours of a full sparse record (newest first); `newestSeconds` is up to date.
    func becomeDense(_ hours: UnsafeMutableBufferPointer<Int32>, count: Int) {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Self.days + Self.codedHours) { cells in
            cells.initialize(repeating: 0)
            clearBody()
            header.pointee.isDense = 1
            header.pointee.used = 1
            let newest = newestHour
            let leavingDay = (newest - Self.hours) / 24
            for index in 0..<count {
                let behind = Int(newest - hours[index])
                if behind < Self.exactHours {
                    exact[behind] += 1
                } else if behind < Int(Self.hours) {
                    cells[Self.days + behind - Self.exactHours] += 1
                } else {
                    let day = Int(leavingDay - hours[index] / 24)
                    if day == 0 { leaving.pointee += 1 } else if day <= Self.days { cells[day - 1] += 1 }
                }
            }
            for day in 0..<Self.days { dayCodes[day] = CountCode.code(cells[day]) }
            for hour in 0..<Self.codedHours { hourCodes[hour] = CountCode.code(cells[Self.days + hour]) }
        }
    }

    /// - Parameter ahead: hours from the newest before this transaction to its own; `newestSeconds` has
    ///   moved on.
    func countDense(_ ahead: Int32) {
        if ahead > 0 { advance(from: newestHour - ahead, by: ahead) }
        let behind = Int(max(-ahead, 0))
        if behind < Self.exactHours {
            exact[behind] = exact[behind] &+ 1 == 0 ? .max : exact[behind] &+ 1
        }
    }

    private func advance(from origin: Int32, by hours: Int32) {
        guard hours < Self.reachHours + Self.hours else {
            clearBody()
            return
        }
        var newest = origin
        for _ in 0..<hours {
            let out = CountCode.value(hourCodes[Self.codedHours - 1])
            AccountRecord.shift(hourCodes, from: 0, upTo: Self.codedHours - 1)
            hourCodes[0] = CountCode.code(exact[Self.exactHours - 1])
            AccountRecord.shift(exact, from: 0, upTo: Self.exactHours - 1)
            exact[0] = 0
            let leftDay = (newest - Self.hours) / 24
            newest += 1
            if (newest - Self.hours) / 24 != leftDay {
                AccountRecord.shift(dayCodes, from: 0, upTo: Self.days - 1)
                dayCodes[0] = CountCode.code(leaving.pointee)
                leaving.pointee = 0
            }
            leaving.pointee = leaving.pointee.addingReportingOverflow(out).partialValue
        }
    }

    /// All cells, newest first; the day that hours are leaving into has only those that have left.
    func walkDense(_ walk: inout BoundWalk) {
        let newest = newestHour
        for index in 0..<Self.exactHours { walk.pass(Double(exact[index]), hour: newest - Int32(index)) }
        for index in 0..<Self.codedHours {
            let value = CountCode.value(hourCodes[index])
            walk.pass(Double(value), hour: newest - Int32(Self.exactHours + index))
        }
        let end = newest - Self.hours + 1
        var start = (end - 1) / 24 * 24
        walk.pass(Double(leaving.pointee), start: start, end: end)
        for index in 0..<Self.days {
            walk.pass(Double(CountCode.value(dayCodes[index])), start: start - 24, end: start)
            start -= 24
        }
    }
}

/// Counts in 8 bits: exact up to 32, then 16 steps per octave (within 3.2 %), up to about 500,000.
enum CountCode {
    private static let values: [UInt32] = (0..<256).map { code in
        guard code >= 32 else { return UInt32(code) }
        let octave = UInt32(code - 32) / 16
        let step = UInt32(code - 32) % 16
        return (16 + step) << (octave + 1)
    }

    static func value(_ code: UInt8) -> UInt32 { values[Int(code)] }

    /// The nearest code; ties go down.
    static func code(_ count: UInt32) -> UInt8 {
        guard count >= 32 else { return UInt8(count) }
        let top = 31 - count.leadingZeroBitCount
        let octave = top - 5
        guard octave < 14 else { return 255 }
        let low = 32 + octave * 16 + Int((count >> UInt32(top - 4)) & 15)
        guard low < 255 else { return 255 }
        let (below, above) = (values[low], values[low + 1])
        return UInt8(above - count < count - below ? low + 1 : low)
    }
}
