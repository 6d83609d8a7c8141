/// A transaction that somebody has to look at, with everything that explains why.
///
/// Alerts are rare: this value holds text and may allocate, unlike `Decision`.
public struct Alert: Sendable {
    /// One phrase of the description as the model read it (see `Descriptions.Token`).
    public struct Token: Hashable, Sendable {
        public var kind: UInt8
        public var index: UInt16
        /// In [0, 1).
        public var weight: Float

        public init(kind: UInt8, index: UInt16, weight: Float) {
            self.kind = kind
            self.index = index
            self.weight = weight
        }
    }

    /// A phrase of the description that raised the score, and by how much.
    public struct Reason: Hashable, Sendable {
        /// Stable name of the phrase's kind (`amount_to_usual_ratio`).
        public var kind: String
        public var english: String
        public var french: String
        /// Score points that the phrase added; on the brick's own scale.
        public var points: Double

        public init(kind: String, english: String, french: String, points: Double) {
            self.kind = kind
            self.english = english
            self.french = french
            self.points = points
        }
    }

    /// The smallest change of one phrase that would have kept the transaction from being an alert.
    public struct Counterfactual: Hashable, Sendable {
        /// Stable name of the phrase's kind.
        public var kind: String
        public var english: String
        public var french: String
        /// The phrase that would have been read instead: enough to score it again.
        public var token: Token
        /// What the model says with it, calibrated, in [0, 1].
        public var probability: Double

        public init(kind: String, english: String, french: String, token: Token, probability: Double) {
            self.kind = kind
            self.english = english
            self.french = french
            self.token = token
            self.probability = probability
        }
    }

    /// Transaction, score, outcome, model and source position.
    public var decision: Decision
    public var band = Decision.Band.normal
    public var card = Pseudonym.none
    /// The party whose history counted (`Transaction.counterpart`).
    public var counterpart = Pseudonym.none
    public var merchantID = ""
    public var merchantName = ""
    /// ISO 18245 merchant category code; 0 when unknown.
    public var merchantCategory: UInt16 = 0
    /// ISO 3166-1 alpha-2 code; empty when unknown.
    public var merchantCountry = ""
    public var amount = Money(amountMinor: 0, currency: Currency(packed: 0))
    public var channel: Channel?
    public var observedAt = Timestamp.distantPast
    /// The whole description, the model's only input.
    public var descriptionEnglish = ""
    public var descriptionFrench = ""
    /// The phrases of the description in order: enough to score it again.
    public var tokens: [Token] = []
    /// Why it looks like fraud, strongest first.
    public var reasons: [Reason] = []
    /// Why it is unusual, strongest first; points are bits of rarity above the usual of their kind.
    public var surprises: [Reason] = []
    /// `nil` when no single change that was tried would have helped.
    public var counterfactual: Counterfactual?
    /// Share of history whose descriptions are less rare, 0 to 1; `nil` when no language model read it.
    public var unusualness: Float?
    /// From the arrival of the record to the hand-over for delivery.
    public var latencyMicroseconds: Int64 = 0

    public init(decision: Decision) { self.decision = decision }

    /// The parts that come from the transaction itself.
    public init(decision: Decision, transaction: Transaction) {
        self.decision = decision
        card = transaction.card
        counterpart = transaction.counterpart
        merchantID = transaction.merchant.id.string
        merchantName = transaction.merchant.name.string
        merchantCategory = transaction.merchant.categoryCode
        merchantCountry = packedText(UInt32(transaction.merchant.country))
        amount = transaction.amount
        channel = transaction.channel
        observedAt = transaction.observedAt
    }
}
