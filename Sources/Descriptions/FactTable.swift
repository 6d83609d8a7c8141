import History

/// Facts of many transactions and what became of them: what `train` learns vocabularies and models from.
///
/// Rows lie in chunks of 4,096, so growing copies nothing: 256 bytes for the facts and 1 byte for the label
/// of a row, whatever their number.
public struct FactTable: Sendable {
    /// Label of a row of which nothing is known, or which is not for learning.
    public static let unknownLabel: UInt8 = 255
    private static let chunkBits = 12

    private var chunks: [[FactRow]] = []
    /// 0 genuine, 1 fraud, 255 unknown; one per row.
    public private(set) var labels: [UInt8] = []

    public init() {}

    /// Number of rows.
    public var count: Int { labels.count }
    public var isEmpty: Bool { labels.isEmpty }

    /// Adds a row.
    /// - Parameter label: 0 genuine, 1 fraud; anything else counts as unknown.
    public mutating func append(_ row: FactRow, label: UInt8 = Self.unknownLabel) {
        if labels.count & (1 << Self.chunkBits - 1) == 0 {
            chunks.append([])
            chunks[chunks.count - 1].reserveCapacity(1 << Self.chunkBits)
        }
        chunks[chunks.count - 1].append(row)
        labels.append(label <= 1 ? label : Self.unknownLabel)
    }

    /// The facts of one row.
    public subscript(row: Int) -> FactRow {
        chunks[row >> Self.chunkBits][row & (1 << Self.chunkBits - 1)]
    }

    /// One slot of one row as raw bits.
    public func bits(row: Int, slot: Int) -> UInt32 {
        chunks[row >> Self.chunkBits][row & (1 << Self.chunkBits - 1)][bits: slot]
    }

    /// Sets what became of a row, where that is known only after the row was added.
    public mutating func setLabel(_ label: UInt8, row: Int) {
        labels[row] = label <= 1 ? label : Self.unknownLabel
    }
}
