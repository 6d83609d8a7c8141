import Descriptions

/// A phrase that raised the score of a description, and by how much.
///
/// `Descriptions` renders the words from the token and the facts.
public struct Reason: Sendable, Hashable {
    /// The phrase as the model read it.
    public var token: Token
    /// Log-odds that the phrase added against the average phrase of its kind in the training data.
    public var points: Float

    public init(token: Token, points: Float) {
        self.token = token
        self.points = points
    }

    /// What kind of phrase; `nil` for a token of no known kind.
    public var kind: Kind? { Kind(rawValue: token.kind) }
    /// The same for people: as many score points (0…999) as the log-odds are worth.
    public var scorePoints: Double { Score.points(logOdds: Double(points)) }
}
