import CKernels
import Descriptions

extension LanguageModelReader {
    /// The arena of a reader: every buffer for one stack of rows, allocated once.
    final class Stack {
        /// Descriptions on the stack, in the order of their rows.
        private(set) var count = 0
        /// Rows in use.
        private(set) var rows = 0
        /// Phrases whose followers are foreseen, from the first one on.
        private(set) var wanted = 0
        let places: UnsafeMutablePointer<Place>
        /// Per description: points of its phrases.
        let points: UnsafeMutablePointer<Float>

        /// Per row: row of the table, and weight of the next one.
        let tableRows: UnsafeMutablePointer<Int32>
        let weights: UnsafeMutablePointer<Float>
        /// [rows, d] residual states.
        let states: UnsafeMutablePointer<Float>
        /// [rows, 3d]
        let qkv: UnsafeMutablePointer<Float>
        /// [rows, d] what attention mixed.
        let mixed: UnsafeMutablePointer<Float>
        /// [panel, 4d]
        let hidden: UnsafeMutablePointer<Float>
        /// [panel, 16] largest of `hidden` by row and lane.
        let most: UnsafeMutablePointer<Float>
        /// [rows, d] or [panel, 4d] rounded activations; per row their step.
        let bytes: UnsafeMutablePointer<UInt8>
        let scales: UnsafeMutablePointer<Float>
        /// The queries' rows of `states`, their queries [Q·count, d], and what these are per head for the
        /// states and bring back from them [Q·count, heads·d].
        let judgedStates: UnsafeMutablePointer<Float>
        let judgedQueries: UnsafeMutablePointer<Float>
        let asked: UnsafeMutablePointer<Float>
        let answered: UnsafeMutablePointer<Float>
        /// The wanted rows of `states`, `bytes`, …, and their queries [wanted, d].
        let wantedStates: UnsafeMutablePointer<Float>
        let wantedBytes: UnsafeMutablePointer<UInt8>
        let wantedScales: UnsafeMutablePointer<Float>
        let wantedQueries: UnsafeMutablePointer<Float>
        /// [wanted, d] what the next phrase is foreseen with.
        let foreseen: UnsafeMutablePointer<Float>
        /// [Q, d] normed query states of one description.
        let judged: UnsafeMutablePointer<Float>
        /// Logits of one phrase's values, their largest and the sum of their powers.
        let logits: UnsafeMutablePointer<Float>
        let softmax: UnsafeMutablePointer<Float>
        /// Bits per phrase of the description read last.
        let surprises: UnsafeMutablePointer<Double>
        let scratch: UnsafeMutablePointer<Float>

        init(_ shape: LanguageModelShape, rows: Int, _ memory: AlignedMemory) {
            let d = shape.width
            func floats(_ count: Int) -> UnsafeMutablePointer<Float> { memory.take(count, of: Float.self) }
            places = memory.take(rows, of: Place.self)
            points = floats(rows)
            tableRows = memory.take(rows, of: Int32.self)
            weights = floats(rows)
            states = floats(rows * d)
            qkv = floats(rows * 3 * d)
            mixed = floats(rows * d)
            hidden = floats(LanguageModelReader.panelRows * 4 * d)
            most = floats(LanguageModelReader.panelRows * 16)
            bytes = memory.take(max(rows * d, LanguageModelReader.panelRows * 4 * d), of: UInt8.self)
            scales = floats(rows)
            judgedStates = floats(rows * d)
            judgedQueries = floats(rows * d)
            asked = floats(rows * shape.heads * d)
            answered = floats(rows * shape.heads * d)
            wantedStates = floats(rows * d)
            wantedBytes = memory.take(rows * d, of: UInt8.self)
            wantedScales = floats(rows)
            wantedQueries = floats(rows * d)
            foreseen = floats(rows * d)
            judged = floats(shape.queries * d)
            logits = floats((shape.valueCounts.max() ?? 0) + 16)
            softmax = floats(2)
            surprises = memory.take(LanguageModelShape.longestDescription, of: Double.self)
            scratch = floats(Int(CK_ATTENTION_SCRATCH))
        }

        func clear() {
            count = 0
            rows = 0
            wanted = 0
        }

        func add(_ place: Place, rows added: Int) {
            places[count] = place
            count += 1
            rows += added
            wanted += place.wanted
        }
    }
}

extension PackedLanguageModel {
    /// Row of the table where a token's value lies; some row for a token that is not of the vocabulary.
    @inline(__always)
    func row(of token: Token) -> Int {
        let entry = entry(of: token)
        return shape.rowOffsets[entry] + min(Int(token.index), shape.valueCounts[entry] - 1)
    }

    /// Place of a token's kind among the vocabulary's entries.
    @inline(__always)
    func entry(of token: Token) -> Int { max(0, shape.entryPlaces[Int(token.kind)]) }
}
