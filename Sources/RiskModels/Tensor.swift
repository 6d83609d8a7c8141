/// Numbers of one type in a row-major shape, as they lie in a safetensors file (little endian).
public struct Tensor: Sendable, Equatable {
    public enum Element: String, Sendable, CaseIterable {
        case float32 = "F32", float64 = "F64"
        case int8 = "I8", uint8 = "U8", int16 = "I16", uint16 = "U16", int32 = "I32", uint32 = "U32"
        case int64 = "I64", uint64 = "U64"

        /// Size of one element in bytes.
        public var byteCount: Int {
            switch self {
            case .int8, .uint8: 1
            case .int16, .uint16: 2
            case .float32, .int32, .uint32: 4
            case .float64, .int64, .uint64: 8
            }
        }
    }

    public let element: Element
    public let shape: [Int]
    /// `shape` product × `element.byteCount` bytes.
    public let bytes: [UInt8]

    /// - Returns: `nil` unless the bytes are as many as the shape needs.
    public init?(element: Element, shape: [Int], bytes: [UInt8]) {
        guard Self.byteCount(of: shape, element: element) == bytes.count else { return nil }
        self.element = element
        self.shape = shape
        self.bytes = bytes
    }

    /// A vector of float32.
    public init(_ values: [Float]) {
        self.init(unchecked: .float32, [values.count], values.flatMap { littleEndian($0.bitPattern) })
    }
    /// A vector of float64.
    public init(_ values: [Double]) {
        self.init(unchecked: .float64, [values.count], values.flatMap { littleEndian($0.bitPattern) })
    }
    /// A vector of unsigned 16-bit integers.
    public init(_ values: [UInt16]) {
        self.init(unchecked: .uint16, [values.count], values.flatMap(littleEndian))
    }

    private init(unchecked element: Element, _ shape: [Int], _ bytes: [UInt8]) {
        self.element = element
        self.shape = shape
        self.bytes = bytes
    }

    /// The numbers of a float32 tensor in row-major order; `nil` for another type.
    public var floats: [Float]? { element == .float32 ? words().map(Float.init(bitPattern:)) : nil }
    /// The numbers of a float64 tensor in row-major order; `nil` for another type.
    public var doubles: [Double]? { element == .float64 ? words().map(Double.init(bitPattern:)) : nil }
    /// The numbers of an unsigned 16-bit tensor in row-major order; `nil` for another type.
    public var integers16: [UInt16]? { element == .uint16 ? words() : nil }

    /// False when a float is NaN or infinite.
    public var isFinite: Bool {
        switch element {
        case .float32: (floats ?? []).allSatisfy(\.isFinite)
        case .float64: (doubles ?? []).allSatisfy(\.isFinite)
        default: true
        }
    }

    /// Bytes that a shape needs; `nil` for negative sizes or more than 1 GiB.
    static func byteCount(of shape: [Int], element: Element) -> Int? {
        var total = element.byteCount
        for size in shape {
            guard size >= 0 else { return nil }
            let (product, overflow) = total.multipliedReportingOverflow(by: size)
            guard !overflow, product <= 1 << 30 else { return nil }
            total = product
        }
        return total
    }

    private func words<Word: FixedWidthInteger>() -> [Word] {
        bytes.withUnsafeBytes { raw in
            (0..<raw.count / MemoryLayout<Word>.size).map {
                Word(
                    littleEndian: raw.loadUnaligned(
                        fromByteOffset: $0 * MemoryLayout<Word>.size, as: Word.self))
            }
        }
    }
}

private func littleEndian<Word: FixedWidthInteger>(_ value: Word) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
