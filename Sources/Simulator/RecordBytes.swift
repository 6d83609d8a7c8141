/// Bytes of one record, written in place without allocation.
///
/// SAFETY: every write checks the capacity, so a record that is too long stops the program
/// instead of writing past the end. Records of this module are below 1,000 bytes.
struct RecordBytes {
    private let start: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private(set) var count = 0

    static let capacity = 2048

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>, start: UnsafeMutablePointer<UInt8>) {
        self.start = start
        capacity = buffer.count
    }

    /// Builds one record in temporary memory and appends it to `output`.
    static func append(to output: inout [UInt8], _ body: (inout RecordBytes) -> Void) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { buffer in
            guard let start = buffer.baseAddress else { return }
            var bytes = RecordBytes(buffer, start: start)
            body(&bytes)
            output.append(contentsOf: UnsafeBufferPointer(start: start, count: bytes.count))
        }
    }

    /// The same as a string.
    static func text(_ body: (inout RecordBytes) -> Void) -> String {
        var output: [UInt8] = []
        append(to: &output, body)
        return String(decoding: output, as: UTF8.self)
    }

    @inline(__always)
    mutating func put(_ literal: StaticString) {
        put(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func put(_ bytes: UnsafeBufferPointer<UInt8>) {
        precondition(count + bytes.count <= capacity, "record longer than its buffer")
        guard let source = bytes.baseAddress else { return }
        (start + count).update(from: source, count: bytes.count)
        count += bytes.count
    }

    @inline(__always)
    mutating func put(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { put($0) } }

    @inline(__always)
    mutating func put(byte: UInt8) {
        precondition(count < capacity, "record longer than its buffer")
        start[count] = byte
        count += 1
    }

    /// Decimal digits with leading zeros up to `width` (longer numbers are written whole).
    mutating func put(digits value: UInt64, width: Int) {
        var length = 1
        var power: UInt64 = 10
        while length < 20, value >= power {
            length += 1
            if length < 20 { power *= 10 }
        }
        length = max(length, width)
        precondition(count + length <= capacity, "record longer than its buffer")
        var rest = value
        var index = length - 1
        while index >= 0 {
            start[count + index] = 48 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
            index -= 1
        }
        count += length
    }

    /// Lower-case hexadecimal digits of the lowest `4 · width` bits.
    mutating func put(hexadecimal value: UInt64, width: Int) {
        precondition(count + width <= capacity, "record longer than its buffer")
        for index in 0..<width {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(4 * (width - 1 - index)) & 15)
            start[count + index] = digit < 10 ? 48 + digit : 87 + digit
        }
        count += width
    }

    /// Cents as a decimal with two digits (`-12.05`).
    mutating func put(cents: Int64) {
        if cents < 0 { put(byte: 45) }
        put(digits: cents.magnitude / 100, width: 1)
        put(byte: 46)
        put(digits: cents.magnitude % 100, width: 2)
    }
}

extension RecordBytes {
    /// Sixteen hexadecimal digits with a letter between the halves: no run of digits is ever long enough
    /// to be taken for a card number and masked.
    mutating func put(transaction number: UInt64) {
        put(byte: 116)
        put(hexadecimal: number >> 32, width: 8)
        put(byte: 120)
        put(hexadecimal: number, width: 8)
    }

    mutating func put(account: UInt32) {
        put("acc-")
        put(digits: UInt64(account), width: 8)
    }

    /// 999999 (ISO/IEC 7812: a leading 9 is for national use, this issuer is assigned to nobody), eight
    /// digits of the account, one of the generation, the Luhn digit.
    mutating func put(card account: UInt32, generation: UInt8) {
        let body = 999_999_000_000_000 + UInt64(account) * 10 + UInt64(generation % 10)
        var rest = body
        var sum: UInt64 = 0
        var doubles = true
        while rest > 0 {
            let digit = rest % 10 * (doubles ? 2 : 1)
            sum += digit > 9 ? digit - 9 : digit
            doubles.toggle()
            rest /= 10
        }
        put(digits: body * 10 + (10 - sum % 10) % 10, width: 16)
    }

    mutating func put(counterpart: UInt64) {
        put("ext-")
        put(hexadecimal: counterpart, width: 12)
    }

    mutating func put(device: UInt64) {
        put("dev-")
        put(hexadecimal: device, width: 12)
    }

    /// RFC 3339 in UTC, whole seconds.
    mutating func put(seconds: Int64, calendar: inout CalendarDay) {
        let day = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        if day != calendar.day { calendar = CalendarDay(day) }
        let ofDay = UInt64(seconds - day * 86_400)
        put(date: calendar)
        put(byte: 84)
        put(digits: ofDay / 3600, width: 2)
        put(byte: 58)
        put(digits: ofDay / 60 % 60, width: 2)
        put(byte: 58)
        put(digits: ofDay % 60, width: 2)
        put(byte: 90)
    }

    mutating func put(date: CalendarDay) {
        put(digits: UInt64(max(date.year, 0)), width: 4)
        put(byte: 45)
        put(digits: UInt64(date.month), width: 2)
        put(byte: 45)
        put(digits: UInt64(date.dayOfMonth), width: 2)
    }
}
