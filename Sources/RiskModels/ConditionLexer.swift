/// The words and signs of a condition with their places.
enum ConditionLexer {
    enum Sign: String, CaseIterable {
        case atMost = "<=", atLeast = ">=", equal = "==", different = "!="
        case less = "<", more = ">", single = "=", open = "(", close = ")"
        case openList = "[", closeList = "]", comma = ",", times = "*"
    }

    enum Content: Equatable {
        case word(String)
        case text(String)
        case number(Float)
        case sign(Sign)
        case end
    }

    struct Lexeme {
        var content: Content
        var line: Int
        var column: Int

        /// For messages.
        var shown: String {
            switch content {
            case .word(let word): word
            case .text(let text): "\"\(text)\""
            case .number(let number): "\(number)"
            case .sign(let sign): sign.rawValue
            case .end: "the end"
            }
        }
    }

    /// Splits a condition; the last lexeme is always `.end`.
    static func lexemes(of text: String) throws(ConditionFault) -> [Lexeme] {
        var result: [Lexeme] = []
        let characters = Array(text)
        var (place, line, lineStart) = (0, 1, 0)
        while place < characters.count {
            let character = characters[place]
            let column = place - lineStart + 1
            func add(_ content: Content) {
                result.append(Lexeme(content: content, line: line, column: column))
            }
            if character.isNewline {
                (line, lineStart) = (line + 1, place + 1)
                place += 1
            } else if character.isWhitespace {
                place += 1
            } else if character == "\"" || character == "'" {
                guard let end = characters[(place + 1)...].firstIndex(of: character) else {
                    throw ConditionFault(cause: "a quotation without end", line: line, column: column)
                }
                add(.text(String(characters[(place + 1)..<end])))
                place = end + 1
            } else if let sign = Sign.allCases.first(where: {
                characters[place...].starts(with: $0.rawValue)
            }) {
                add(.sign(sign))
                place += sign.rawValue.count
            } else {
                var end = place
                while end < characters.count, isPartOfWord(characters[end], begins: end == place) {
                    end += 1
                }
                guard end > place else {
                    throw ConditionFault(
                        cause: "\(character) means nothing here", line: line, column: column)
                }
                let word = String(characters[place..<end])
                add(try content(of: word, line: line, column: column))
                place = end
            }
        }
        let column = characters.count - lineStart + 1
        return result + [Lexeme(content: .end, line: line, column: column)]
    }

    private static func isPartOfWord(_ character: Character, begins: Bool) -> Bool {
        guard character.isASCII else { return false }
        return character.isLetter || character.isNumber || character == "_" || character == "."
            || (begins && character == "-")
    }

    /// A number when it begins like one (`5_000`, `-0.5`), otherwise a word.
    private static func content(of word: String, line: Int, column: Int) throws(ConditionFault) -> Content {
        guard let first = word.first, first.isNumber || first == "-" || first == "." else {
            return .word(word)
        }
        guard let number = Float(word.replacing("_", with: "")), number.isFinite else {
            throw ConditionFault(cause: "\(word) is not a number", line: line, column: column)
        }
        return .number(number)
    }
}
