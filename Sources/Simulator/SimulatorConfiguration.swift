import Banking

/// What to simulate. Two equal configurations give the same bytes on any machine.
public struct SimulatorConfiguration: Sendable, Equatable {
    /// Every draw derives from it.
    public var seed: UInt64 = 1
    /// 1 to 99,999,999. An account's stream does not depend on how many others there are.
    public var accounts = 2000
    /// Event time starts at midnight UTC of this day.
    public var start = Timestamp(year: 2025, month: 1, day: 6)
    /// Whole days of event time, 1 to 36,500.
    public var days = 60
    /// Multiplies the rate at which fraud stories begin; 1 gives about 0.5 % of all transactions, 0 none.
    public var fraudIntensity = 1.0
    /// Multiplies the rate at which incomes are lost; 1 means about 4 % of the accounts in a year, 0 none.
    public var creditIntensity = 1.0
    /// Share of the fraud stories that nobody ever reports, 0 to 1.
    public var unreportedShare = 0.06
    /// Share of genuine debits that a customer reports as fraud by mistake, 0 to 1.
    public var falseReportShare = 0.000_05
    /// Whether every transaction nobody reported gets a `genuine` label `genuineLabelDelayDays` later.
    ///
    /// The simulator then holds that many days of labels in memory.
    public var labelsGenuine = false
    /// Days after which silence counts as genuine, 1 to 120.
    public var genuineLabelDelayDays = 7
    /// Merchants on the high street of one city: multiplies the counts of the categories.
    public var merchantScale = 1.0

    public init() {}

    /// The same with every value brought into its range, so that no outside number can break a run.
    public func clamped() -> SimulatorConfiguration {
        func bounded(_ value: Double, _ range: ClosedRange<Double>) -> Double {
            value.isNaN ? range.lowerBound : min(max(value, range.lowerBound), range.upperBound)
        }
        var copy = self
        copy.accounts = min(max(accounts, 1), 99_999_999)
        copy.days = min(max(days, 1), 36_500)
        // Years 1980 to 2200: dates stay four digits wide.
        let day = min(max(start.day, 3652), 84_000)
        copy.start = Timestamp(seconds: day * 86_400)
        copy.fraudIntensity = bounded(fraudIntensity, 0...100)
        copy.creditIntensity = bounded(creditIntensity, 0...25)
        copy.unreportedShare = bounded(unreportedShare, 0...1)
        copy.falseReportShare = bounded(falseReportShare, 0...1)
        copy.genuineLabelDelayDays = min(max(genuineLabelDelayDays, 1), 120)
        copy.merchantScale = bounded(merchantScale, 0.2...20)
        return copy
    }
}
