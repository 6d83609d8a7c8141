import Banking
import History

extension DescriptionWriter {
    /// "Would not have alerted at 85.00 € or less": what one changed phrase would have done, in words.
    /// - Parameters:
    ///   - kind: of the phrase.
    ///   - value: the number that it would say; `nil` for a category.
    ///   - code: the code that it would say; `nil` for a number.
    ///   - isUp: whether the number is larger than the actual one.
    ///   - holdsBeyond: whether that is so for numbers further away as well.
    ///   - facts: of the transaction as it was.
    public func counterfactual(
        _ kind: Kind, value: Float?, code: UInt32?, isUp: Bool, holdsBeyond: Bool, facts: FactRow,
        of transaction: Transaction
    ) -> String {
        var changed = facts
        if let value { changed[number: kind.fact] = value }
        if let code { changed[code: kind.fact] = code }
        let phrase: String
        if kind == .amount, let value {
            phrase = book.figures.money(value, transaction.amount.currency)
        } else {
            phrase = book.phrase(kind, changed, transaction) ?? kind.name
        }
        // Hours go round: neither side of one is less.
        let beyond =
            value == nil || !holdsBeyond || kind == .hour
            ? "" : isUp ? book.say(" or more", " ou plus") : book.say(" or less", " ou moins")
        let opening =
            kind == .amount
            ? book.say("would not have alerted at ", "n’aurait pas alerté à ")
            : book.say("would not have alerted with: ", "n’aurait pas alerté avec\u{202F}: ")
        return opening + phrase + beyond
    }
}
