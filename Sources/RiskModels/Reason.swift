import Descriptions

/// A phrase, or two phrases together, that raised the score of a description.
///
/// `Descriptions` renders the words from the token and the facts; this is only which phrase and how much.
public struct Reason: Sendable, Hashable {
    /// The phrase as the model read it.
    public var token: Token
    /// The second phrase where the points come from both being said together.
    public var partner: Token?
    /// Log-odds that the phrase added against the average description of the training data.
    public var points: Float

    public init(token: Token, partner: Token? = nil, points: Float) {
        self.token = token
        self.partner = partner
        self.points = points
    }

    /// The same for people: as many score points (0…999) as the log-odds are worth.
    public var scorePoints: Double { Score.points(logOdds: Double(points)) }
}
