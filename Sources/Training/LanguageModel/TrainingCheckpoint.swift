import Crypto
import Foundation

/// Everything that a training needs to go on after it was killed, in one file.
///
/// Layout, little endian: magic, 32 bytes SHA-256 of the rest; identity (length, bytes); phase, step, best
/// step, looks without gain (Int64 each); best measure (Double); then weights, moments, average, best weights
/// (their number, Float each).
struct TrainingCheckpoint: Equatable {
    /// 0 reading, 1 judging.
    var phase = 0
    var step = 0
    /// Step of the best weights so far.
    var bestStep = 0
    var looksWithoutGain = 0
    var bestMeasure = -1.0
    /// Weights, first moments, second moments, average, best: as many numbers each.
    var tensors: [[Float]] = []

    private static let magic = Array("vigie-training-1".utf8)

    /// Writes beside the file, then renames: a reader sees the old or the new one, never a part.
    /// - Parameter identity: of data, vocabulary and options; only a training of the same may go on.
    func write(to path: String, identity: String) throws(TrainingError) {
        var body = Data()
        func add(_ value: Int) {
            withUnsafeBytes(of: Int64(value).littleEndian) { body.append(contentsOf: $0) }
        }
        let name = Array(identity.utf8)
        add(name.count)
        body.append(contentsOf: name)
        add(phase)
        add(step)
        add(bestStep)
        add(looksWithoutGain)
        withUnsafeBytes(of: bestMeasure.bitPattern.littleEndian) { body.append(contentsOf: $0) }
        add(tensors.count)
        for tensor in tensors {
            add(tensor.count)
            tensor.withUnsafeBytes { body.append(contentsOf: $0) }
        }
        var file = Data(Self.magic)
        file.append(contentsOf: SHA256.hash(data: body))
        file.append(body)
        let temporary = path + ".part"
        do {
            try file.write(to: URL(filePath: temporary))
            let handle = try FileHandle(forWritingTo: URL(filePath: temporary))
            try handle.synchronize()
            try handle.close()
        } catch {
            throw TrainingError(.unwritable, operation: "write checkpoint", cause: error.localizedDescription)
        }
        guard rename(temporary, path) == 0 else {
            throw TrainingError(.unwritable, operation: "write checkpoint", cause: "cannot rename to \(path)")
        }
    }

    /// Reads a checkpoint.
    /// - Returns: `nil` when there is none, when it is damaged, or when it belongs to another training.
    init?(contentsOf path: String, identity: String, parameterCount: Int) {
        guard let file = try? Data(contentsOf: URL(filePath: path)), file.starts(with: Self.magic) else {
            return nil
        }
        let body = file.dropFirst(Self.magic.count + 32)
        let hash = file.dropFirst(Self.magic.count).prefix(32)
        guard body.count > 8, hash.elementsEqual(SHA256.hash(data: body)) else { return nil }
        var reader = Reader(bytes: body)
        guard let length = reader.integer(), let name = reader.take(length),
            String(bytes: name, encoding: .utf8) == identity, let phase = reader.integer(),
            let step = reader.integer(), let bestStep = reader.integer(), let looks = reader.integer(),
            let measure = reader.integer(), let count = reader.integer(), count == 5
        else { return nil }
        self.phase = phase
        self.step = step
        self.bestStep = bestStep
        looksWithoutGain = looks
        bestMeasure = Double(bitPattern: UInt64(bitPattern: Int64(measure)))
        for _ in 0..<count {
            guard reader.integer() == parameterCount, let bytes = reader.take(parameterCount * 4) else {
                return nil
            }
            tensors.append(bytes.withUnsafeBytes { raw in
                (0..<parameterCount).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
            })
        }
    }

    init() {}

    private struct Reader {
        var bytes: Data

        mutating func take(_ count: Int) -> Data? {
            guard count >= 0, count <= bytes.count else { return nil }
            defer { bytes = bytes.dropFirst(count) }
            return bytes.prefix(count)
        }

        mutating func integer() -> Int? {
            take(8).map { part in
                let bits = part.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
                return Int(truncatingIfNeeded: Int64(littleEndian: bits))
            }
        }
    }
}
