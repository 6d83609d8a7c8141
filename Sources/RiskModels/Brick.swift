import Descriptions

/// One replaceable part of a cascade: reads descriptions, says how likely each one is fraud.
///
/// A brick is immutable and shared by all threads. What a thread needs besides (an arena) lives in the
/// `BrickReader` that the brick makes for it. The contract:
///
/// 1. **Pure.** The assessment of a row depends on the brick and on the tokens of that row alone: the same
///    bits for any batch size, any place in the batch, any thread and any supported CPU.
/// 2. **Quiet.** `read` allocates nothing, blocks on nothing and never fails: a brick that cannot work
///    is refused when it is loaded.
/// 3. **Monotone.** `probability` grows strictly with `logit`, so calibration never changes a ranking.
///
/// To plug in another kind of model: conform to both protocols and give `ModelLoader` a case for it.
public protocol Brick: Sendable {
    /// Name on rows and metrics (`scorecard`, `language_model`), at most 16 ASCII characters.
    var name: String { get }
    /// The file it came from: vocabulary, identity, score distribution.
    var model: ModelFile { get }
    /// Makes the working memory of one thread.
    /// - Parameter largestBatch: most rows that `read` will ever be given at once.
    func makeReader(largestBatch: Int) -> any BrickReader
    /// Log-odds that each phrase of one description adds against the average phrase of its kind, where the
    /// brick is a sum of its phrases; `nil` where the phrases are weighed by leaving out one at a time.
    func pointsAboveUsual(of tokens: ArraySlice<Token>) -> [Double]?
}

extension Brick {
    public func pointsAboveUsual(of tokens: ArraySlice<Token>) -> [Double]? { nil }

    /// The phrases that raised the score of one description, strongest first, made with memory of its own.
    /// - Parameters:
    ///   - tokens: the phrases of one description, made with `model.vocabulary`.
    ///   - limit: most reasons to give.
    public func reasons(for tokens: ArraySlice<Token>, limit: Int) -> [Reason] {
        BrickExplainer(self).reasons(for: tokens, limit: limit)
    }
}

/// The working memory of one brick on one thread.
public protocol BrickReader: AnyObject {
    /// Assesses `rows` of `batch`; `assessments[rows[i]]` receives the result of row `rows[i]`.
    ///
    /// `unusualness` is written only by a brick that measures it; `decidedBy` is left to the cascade.
    /// - Parameters:
    ///   - batch: descriptions made with the brick's vocabulary.
    ///   - rows: places in the batch, ascending, at most `largestBatch` of them.
    ///   - assessments: at least `batch.count` entries.
    func read(
        _ batch: borrowing DescriptionBatch, rows: UnsafeBufferPointer<Int32>,
        into assessments: UnsafeMutableBufferPointer<Assessment>)

    /// Assesses one description with a phrase changed at a time: the same bits as reading each variant by
    /// itself, `unusualness` aside. May allocate: alerts only.
    func assess(_ changes: [PhraseChange], of tokens: ArraySlice<Token>) -> [Assessment]

    /// How much rarer each phrase of one description is than phrases of its kind usually are, in bits;
    /// empty for a brick that does not measure it. May allocate: alerts only.
    func surprises(of tokens: ArraySlice<Token>) -> [Double]
}

extension BrickReader {
    public func surprises(of tokens: ArraySlice<Token>) -> [Double] { [] }
}
