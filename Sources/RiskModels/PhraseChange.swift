import Descriptions

/// A description with one phrase changed, or none: what an explanation asks a brick about.
public enum PhraseChange: Sendable, Equatable {
    case none
    /// The phrase at this place, counted from 0, is not said.
    case leaveOut(Int)
    /// Another phrase is said at this place.
    case replace(Int, by: Token)

    /// Most variants that are read together.
    static let lot = 64

    /// The description with the change.
    public func applied(to tokens: ArraySlice<Token>) -> [Token] {
        var changed = Array(tokens)
        switch self {
        case .none: break
        case .leaveOut(let place): changed.remove(at: place)
        case .replace(let place, let token): changed[place] = token
        }
        return changed
    }

    /// How many phrases stand before the change.
    /// - Parameter count: phrases of the description.
    func shared(of count: Int) -> Int {
        switch self {
        case .none: count
        case .leaveOut(let place), .replace(let place, _): place
        }
    }
}

extension BrickReader {
    public func assess(_ changes: [PhraseChange], of tokens: ArraySlice<Token>) -> [Assessment] {
        readEach(changes, of: tokens)
    }

    /// Reads every variant as a description of its own.
    func readEach(_ changes: [PhraseChange], of tokens: ArraySlice<Token>) -> [Assessment] {
        var result: [Assessment] = []
        var batch = DescriptionBatch()
        let rows = (0..<PhraseChange.lot).map { Int32(truncatingIfNeeded: $0) }
        var assessments = [Assessment](repeating: Assessment(), count: PhraseChange.lot)
        for start in stride(from: 0, to: changes.count, by: PhraseChange.lot) {
            let size = min(PhraseChange.lot, changes.count - start)
            batch.removeAll()
            for change in changes[start..<start + size] {
                for token in change.applied(to: tokens) { batch.append(token) }
                batch.endRow()
            }
            assessments.withUnsafeMutableBufferPointer { assessments in
                rows.withUnsafeBufferPointer {
                    read(batch, rows: UnsafeBufferPointer(rebasing: $0[..<size]), into: assessments)
                }
            }
            result += assessments[..<size]
        }
        return result
    }
}
