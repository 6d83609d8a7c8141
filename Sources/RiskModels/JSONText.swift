/// JSON as strict as a file header needs it: whole numbers, no duplicate keys, order kept.
enum JSONText {
    indirect enum Value: Equatable {
        case object([Pair])
        case array([Value])
        case string(String)
        case integer(Int)

        /// The numbers of an array of integers; `nil` for anything else.
        var integers: [Int]? {
            guard case .array(let values) = self else { return nil }
            var result: [Int] = []
            for value in values {
                guard case .integer(let number) = value else { return nil }
                result.append(number)
            }
            return result
        }
    }

    struct Pair: Equatable {
        var key: String
        var value: Value
    }

    struct Fault: Error {
        var cause: String
        var offset: Int
    }

    /// A JSON string literal.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    static func parse(_ bytes: ArraySlice<UInt8>) throws(Fault) -> Value {
        var reader = Reader(bytes: bytes, position: bytes.startIndex)
        let value = try reader.value(depth: 0)
        reader.skipSpace()
        guard reader.position == bytes.endIndex else { throw reader.fault("text after the end") }
        return value
    }

    private struct Reader {
        let bytes: ArraySlice<UInt8>
        var position: Int

        func fault(_ cause: String) -> Fault { Fault(cause: cause, offset: position - bytes.startIndex) }

        mutating func skipSpace() {
            while position < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
                position += 1
            }
        }

        /// The next byte after white space, 0 at the end.
        mutating func peek() -> UInt8 {
            skipSpace()
            return position < bytes.endIndex ? bytes[position] : 0
        }

        mutating func take(_ character: UInt8) throws(Fault) {
            guard peek() == character else {
                throw fault("expected \(Character(UnicodeScalar(character)))")
            }
            position += 1
        }

        mutating func value(depth: Int) throws(Fault) -> Value {
            guard depth < 8 else { throw fault("nested too deeply") }
            switch peek() {
            case UInt8(ascii: "{"): return try object(depth: depth)
            case UInt8(ascii: "["): return try array(depth: depth)
            case UInt8(ascii: "\""): return .string(try string())
            default: return .integer(try integer())
            }
        }

        mutating func object(depth: Int) throws(Fault) -> Value {
            try take(UInt8(ascii: "{"))
            var pairs: [Pair] = []
            var seen: Set<String> = []
            if peek() == UInt8(ascii: "}") {
                position += 1
                return .object(pairs)
            }
            while true {
                guard peek() == UInt8(ascii: "\"") else { throw fault("expected a key") }
                let key = try string()
                guard seen.insert(key).inserted else { throw fault("the key \(key.prefix(64)) twice") }
                try take(UInt8(ascii: ":"))
                pairs.append(Pair(key: key, value: try value(depth: depth + 1)))
                if peek() == UInt8(ascii: "}") { break }
                try take(UInt8(ascii: ","))
            }
            position += 1
            return .object(pairs)
        }

        mutating func array(depth: Int) throws(Fault) -> Value {
            try take(UInt8(ascii: "["))
            var values: [Value] = []
            if peek() == UInt8(ascii: "]") {
                position += 1
                return .array(values)
            }
            while true {
                values.append(try value(depth: depth + 1))
                if peek() == UInt8(ascii: "]") { break }
                try take(UInt8(ascii: ","))
            }
            position += 1
            return .array(values)
        }

        mutating func integer() throws(Fault) -> Int {
            let start = position
            if position < bytes.endIndex, bytes[position] == UInt8(ascii: "-") { position += 1 }
            while position < bytes.endIndex, (0x30...0x39).contains(bytes[position]) { position += 1 }
            guard let number = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
                throw fault("expected a whole number, a string, an array or an object")
            }
            return number
        }

        /// A string whose opening quote is the next byte.
        mutating func string() throws(Fault) -> String {
            try take(UInt8(ascii: "\""))
            var text: [UInt8] = []
            while position < bytes.endIndex {
                let byte = bytes[position]
                position += 1
                switch byte {
                case UInt8(ascii: "\""):
                    guard let string = String(validating: text, as: UTF8.self) else {
                        throw fault("not UTF-8")
                    }
                    return string
                case UInt8(ascii: "\\"): text += try escape()
                case 0..<0x20: throw fault("a control character in a string")
                default: text.append(byte)
                }
            }
            throw fault("a string without end")
        }

        /// The bytes of the escape whose backslash was just read.
        mutating func escape() throws(Fault) -> [UInt8] {
            guard position < bytes.endIndex else { throw fault("an escape without end") }
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "n"): return [0x0A]
            case UInt8(ascii: "r"): return [0x0D]
            case UInt8(ascii: "t"): return [0x09]
            case UInt8(ascii: "b"): return [0x08]
            case UInt8(ascii: "f"): return [0x0C]
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
            case UInt8(ascii: "u"):
                guard position + 4 <= bytes.endIndex,
                    let code = UInt32(
                        String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
                    let scalar = UnicodeScalar(code)
                else { throw fault("an escape that is no character") }
                position += 4
                return Array(String(Character(scalar)).utf8)
            default: throw fault("an unknown escape")
            }
        }
    }
}
