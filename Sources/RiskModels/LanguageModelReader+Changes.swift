import CKernels
import Descriptions

extension LanguageModelReader {
    /// What was computed for one description, for its variants to share.
    ///
    /// Where a model is causal, no phrase sees those behind it: the keys, values and states of the phrases
    /// before a change are those of the unchanged description, bit for bit, for no row depends on its
    /// neighbours.
    final class Origin {
        fileprivate(set) var tokens: [Token] = []
        /// Per layer but the last: keys and values side by side [phrases, 2d].
        private let pairs: [UnsafeMutablePointer<Float>]
        /// [phrases, d] before the last layer.
        private let states: UnsafeMutablePointer<Float>
        /// Keys and values, or states, of one variant from its first phrase on.
        private let joined: UnsafeMutablePointer<Float>
        private let width: Int

        init(_ shape: LanguageModelShape, _ memory: AlignedMemory) {
            width = shape.width
            let rows = LanguageModelShape.longestDescription + shape.queries
            let (d, count) = (width, rows * width)
            pairs = (1..<shape.layers).map { _ in memory.take(2 * rows * d, of: Float.self) }
            states = memory.take(count, of: Float.self)
            joined = memory.take(2 * count, of: Float.self)
        }

        /// Takes over the keys and values of a layer from a stack that holds the description alone.
        func keepPairs(_ stack: Stack, layer: Int) {
            for row in 0..<tokens.count {
                (pairs[layer] + row * 2 * width).update(
                    from: stack.qkv + row * 3 * width + width, count: 2 * width)
            }
        }

        func keepStates(_ stack: Stack) { states.update(from: stack.states, count: tokens.count * width) }

        /// Keys and values [phrases and queries, 2d] of a variant on the stack.
        func pairs(of place: Place, _ stack: Stack, layer: Int, queries: Int) -> UnsafePointer<Float> {
            joined.update(from: pairs[layer], count: place.shared * 2 * width)
            for row in 0..<place.phrases - place.shared + queries {
                (joined + (place.shared + row) * 2 * width).update(
                    from: stack.qkv + (place.start + row) * 3 * width + width, count: 2 * width)
            }
            return UnsafePointer(joined)
        }

        /// States [phrases, d] of a variant on the stack.
        func states(of place: Place, _ stack: Stack) -> UnsafePointer<Float> {
            joined.update(from: states, count: place.shared * width)
            (joined + place.shared * width).update(
                from: stack.states + place.start * width, count: (place.phrases - place.shared) * width)
            return UnsafePointer(joined)
        }
    }

    public func assess(_ changes: [PhraseChange], of tokens: ArraySlice<Token>) -> [Assessment] {
        guard packed.shape.isCausal, !measuresSurprise,
            tokens.count <= LanguageModelShape.longestDescription
        else { return readEach(changes, of: tokens) }
        let origin = self.origin ?? Origin(packed.shape, memory)
        self.origin = origin
        if origin.tokens[...] != tokens { remember(tokens, in: origin) }
        var result: [Assessment] = []
        result.reserveCapacity(changes.count)
        while result.count < changes.count {
            stack.clear()
            for change in changes[result.count...] {
                guard push(change, of: origin) else { break }
            }
            forward()
            for index in 0..<stack.count {
                let logit = judge(index)
                result.append(Assessment(probability: calibration.probability(logit), logit: logit))
            }
        }
        return result
    }

    /// Reads the unchanged description and keeps what its variants share.
    private func remember(_ tokens: ArraySlice<Token>, in origin: Origin) {
        origin.tokens = Array(tokens)
        stack.clear()
        _ = origin.tokens.withUnsafeBufferPointer { push($0, from: 0, row: 0) }
        isRemembering = true
        forward()
        isRemembering = false
    }

    /// Puts the phrases from the change on, and the queries, on the stack; false when it has no room.
    private func push(_ change: PhraseChange, of origin: Origin) -> Bool {
        let tokens = change.applied(to: origin.tokens[...])
        let shared = change.shared(of: origin.tokens.count)
        return tokens.withUnsafeBufferPointer { push($0, from: 0, row: stack.count, shared: shared) }
    }
}
