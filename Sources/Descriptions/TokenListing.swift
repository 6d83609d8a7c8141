import Banking
import History

/// Tokens written out for people and scripts: kind, place, weight, and the fact behind them.
public enum TokenListing {
    /// `amount[17 + 0.42]=249.9 channel[2]=online merchant_word[12]=3135097598`, in the order of speech.
    public static func text(_ tokens: some Sequence<Token>, facts: FactRow) -> String {
        items(tokens, facts).map { item in
            let weight = item.token.weight > 0 ? " + \(item.token.weight)" : ""
            return "\(item.name)[\(item.token.index)\(weight)]" + (item.value.isEmpty ? "" : "=" + item.value)
        }.joined(separator: " ")
    }

    /// `[{"kind":"amount","index":17,"weight":0.42,"value":249.9},…]`: one line, keys in this order. A fact
    /// that is said to be missing has no value; hashes and codes are numbers, named codes strings.
    public static func json(_ tokens: some Sequence<Token>, facts: FactRow) -> String {
        let objects = items(tokens, facts).map { item in
            let value = item.isNamed ? "\"\(item.value)\"" : item.value
            return "{\"kind\":\"\(item.name)\",\"index\":\(item.token.index),\"weight\":"
                + number(item.token.weight) + (value.isEmpty ? "}" : ",\"value\":\(value)}")
        }
        return "[" + objects.joined(separator: ",") + "]"
    }

    private struct Item {
        let token: Token
        let name: String
        let value: String
        let isNamed: Bool
    }

    private static func items(_ tokens: some Sequence<Token>, _ facts: FactRow) -> [Item] {
        // The words of a name share a kind: the n-th token of the kind is the n-th word that is present.
        var words = Kind.merchantWord.allFacts.filter { !facts.isAbsent($0) }.makeIterator()
        return tokens.map { token in
            guard let kind = Kind(rawValue: token.kind) else {
                return Item(token: token, name: "kind_\(token.kind)", value: "", isNamed: false)
            }
            let fact = kind == .merchantWord ? words.next() ?? kind.fact : kind.fact
            guard !facts.isAbsent(fact) else {
                return Item(token: token, name: kind.name, value: "", isNamed: false)
            }
            if fact.form == .number {
                let value = facts[number: fact]
                let text = value.isFinite ? number(value) : "\"\(value)\""
                return Item(token: token, name: kind.name, value: text, isNamed: false)
            }
            let code = facts[code: fact]
            let name = FactText.name(fact, code)
            return Item(token: token, name: kind.name, value: name ?? "\(code)", isNamed: name != nil)
        }
    }

    private static func number(_ value: Float) -> String {
        var bytes: [UInt8] = []
        FactText.append(value, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
