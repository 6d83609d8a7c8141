import Banking
import Foundation
import History
import Testing

@testable import Descriptions

@Suite struct TokenListingTests {
    private let tokens = [
        Token(kind: Kind.amount.rawValue, index: 17, weight: 0.42),
        Token(kind: Kind.channel.rawValue, index: 2, weight: 0),
        Token(kind: Kind.merchantWord.rawValue, index: 12, weight: 0),
        Token(kind: Kind.merchantWord.rawValue, index: 3, weight: 0),
    ]

    private var facts: FactRow {
        var row = FactRow()
        row[number: .amount] = 249.9
        row[code: .channel] = 1
        row[code: .word1] = 70
        row[code: .word3] = 80
        return row
    }

    @Test func `tokens are listed with place, weight and fact`() {
        let expected = "amount[17 + 0.42]=249.9 channel[2]=online merchant_word[12]=70 merchant_word[3]=80"
        #expect(TokenListing.text(tokens, facts: facts) == expected)
    }

    @Test func `tokens as JSON name their values`() throws {
        let text = TokenListing.json(tokens, facts: facts)
        #expect(text.hasPrefix(#"[{"kind":"amount","index":17,"weight":0.42,"value":249.9},{"kind":"ch"#))
        let parsed = try JSONSerialization.jsonObject(with: Data(text.utf8))
        let list = try #require(parsed as? [[String: Any]])
        #expect(list.count == 4)
        #expect(list[1]["value"] as? String == "online")
    }

    @Test func `a missing fact has no value and an unknown kind a number`() {
        let odd = [
            Token(kind: Kind.channel.rawValue, index: 0, weight: 0), Token(kind: 250, index: 1, weight: 0),
        ]
        #expect(TokenListing.text(odd, facts: FactRow()) == "channel[0] kind_250[1]")
    }
}
