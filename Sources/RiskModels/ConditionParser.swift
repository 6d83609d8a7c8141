import History

/// Conditions of the rules floor.
///
///     condition  = all { "or" all }          all = one { "and" one }
///     one        = "not" one | "(" condition ")" | "true" | "false" | test
///     test       = side ("<" | "<=" | ">" | ">=" | "=" | "==" | "!=") side
///                | fact ["not"] "in" ( list name | "[" value { "," value } "]" )
///                | fact "has" value           (authorisation_errors)
///                | fact "is" ("known" | "absent")
///                | new_merchant | new_category | new_country | new_device | new_channel
///     side       = number | [number "*"] fact | value
struct ConditionParser {
    private let lexemes: [ConditionLexer.Lexeme]
    private let lists: [String: [String]]
    private var place = 0
    private var depth = 0
    private var result = Condition()

    /// - Parameters:
    ///   - text: the condition.
    ///   - lists: named lists of values for `in`.
    static func parse(_ text: String, lists: [String: [String]] = [:]) throws(ConditionFault) -> Condition {
        var parser = ConditionParser(lexemes: try ConditionLexer.lexemes(of: text), lists: lists)
        try parser.condition()
        guard case .end = parser.current.content else {
            throw parser.fault("expected and, or, or the end, not \(parser.current.shown)")
        }
        return parser.result
    }

    private init(lexemes: [ConditionLexer.Lexeme], lists: [String: [String]]) {
        self.lexemes = lexemes
        self.lists = lists
    }

    private var current: ConditionLexer.Lexeme { lexemes[place] }

    private func fault(_ cause: String, at lexeme: ConditionLexer.Lexeme? = nil) -> ConditionFault {
        let lexeme = lexeme ?? current
        return ConditionFault(cause: cause, line: lexeme.line, column: lexeme.column)
    }

    /// Takes a keyword or a sign if it is next.
    private mutating func take(_ content: ConditionLexer.Content) -> Bool {
        guard current.content == content else { return false }
        place += 1
        return true
    }

    private mutating func take(keyword: String) -> Bool { take(.word(keyword)) }

    // MARK: Connectives

    private mutating func condition() throws(ConditionFault) {
        try chain("or", jump: Condition.Step.jumpIfTrue) { parser throws(ConditionFault) in
            try parser.chain("and", jump: Condition.Step.jumpIfFalse) { parser throws(ConditionFault) in
                try parser.one()
            }
        }
    }

    /// Parts joined by one connective: the first part that settles it jumps behind the last.
    private mutating func chain(
        _ connective: String, jump: (Int32) -> Condition.Step,
        part: (inout ConditionParser) throws(ConditionFault) -> Void
    ) throws(ConditionFault) {
        var jumps: [Int] = []
        try part(&self)
        while take(keyword: connective) {
            jumps.append(result.steps.count)
            result.steps.append(.constant(false))
            try part(&self)
        }
        for step in jumps { result.steps[step] = jump(Int32(result.steps.count)) }
    }

    private mutating func one() throws(ConditionFault) {
        depth += 1
        defer { depth -= 1 }
        guard depth < 64 else { throw fault("nested too deeply") }
        if take(keyword: "not") {
            try one()
            result.steps.append(.negate)
        } else if take(.sign(.open)) {
            try condition()
            guard take(.sign(.close)) else { throw fault("expected ) and not \(current.shown)") }
        } else if take(keyword: "true") {
            result.steps.append(.constant(true))
        } else if take(keyword: "false") {
            result.steps.append(.constant(false))
        } else {
            try test()
        }
    }

    // MARK: Tests

    /// A number, or a fact with a factor.
    private enum Side {
        case number(Float)
        case fact(Fact, factor: Float, ConditionLexer.Lexeme)
    }

    private mutating func test() throws(ConditionFault) {
        let left = try side()
        guard case .fact(let fact, let factor, let lexeme) = left else {
            let comparison = try self.comparison()
            guard case .number(let number) = left, case .fact(let fact, let factor, let lexeme) = try side()
            else { throw fault("one side must be a fact") }
            try requireNumber(fact, lexeme)
            result.steps.append(
                .compareNumber(slot: fact.rawValue, factor: factor, comparison.mirrored, number))
            return
        }
        if take(keyword: "is") { return try known(fact) }
        if take(keyword: "has") { return try has(fact, lexeme) }
        if take(keyword: "in") { return try membership(fact, lexeme, isIn: true) }
        if take(keyword: "not") {
            guard take(keyword: "in") else { throw fault("expected in after not") }
            return try membership(fact, lexeme, isIn: false)
        }
        guard let comparison = takeComparison() else {
            guard ConditionWords.isNovelty(fact) else {
                throw fault("expected a comparison after \(fact.name), not \(current.shown)")
            }
            result.steps.append(
                .compareCode(slot: fact.rawValue, isEqual: true, ConditionWords.new))
            return
        }
        if fact.form == .number {
            try compareNumbers(fact, factor, comparison)
        } else {
            guard factor == 1 else { throw fault("\(fact.name) is not a number", at: lexeme) }
            try compareCodes(fact, comparison)
        }
    }

    private mutating func compareNumbers(
        _ fact: Fact, _ factor: Float, _ comparison: Condition.Comparison
    ) throws(ConditionFault) {
        switch try side() {
        case .number(let number):
            result.steps.append(.compareNumber(slot: fact.rawValue, factor: factor, comparison, number))
        case .fact(let other, let otherFactor, let lexeme):
            try requireNumber(other, lexeme)
            result.steps.append(
                .compareFacts(
                    slot: fact.rawValue, factor: factor, comparison, other: other.rawValue,
                    otherFactor: otherFactor))
        }
    }

    private mutating func compareCodes(
        _ fact: Fact, _ comparison: Condition.Comparison
    ) throws(ConditionFault) {
        guard comparison == .equal || comparison == .different else {
            throw fault("\(fact.name) has names, not sizes: use =, != or in")
        }
        let code = try value(of: fact)
        result.steps.append(.compareCode(slot: fact.rawValue, isEqual: comparison == .equal, code))
    }

    private mutating func known(_ fact: Fact) throws(ConditionFault) {
        let isAbsent = take(keyword: "absent")
        guard isAbsent || take(keyword: "known") else { throw fault("expected known or absent after is") }
        result.steps.append(.isKnown(slot: fact.rawValue, isNumber: fact.form == .number))
        if isAbsent { result.steps.append(.negate) }
    }

    private mutating func has(_ fact: Fact, _ lexeme: ConditionLexer.Lexeme) throws(ConditionFault) {
        guard fact == .authorisationErrors else {
            throw fault("only authorisation_errors can have values", at: lexeme)
        }
        result.steps.append(.codeHas(slot: fact.rawValue, try value(of: fact)))
    }

    private mutating func membership(
        _ fact: Fact, _ lexeme: ConditionLexer.Lexeme, isIn: Bool
    ) throws(ConditionFault) {
        guard fact.form != .number else {
            throw fault("\(fact.name) is a number: compare it instead of in", at: lexeme)
        }
        var codes: Set<UInt32> = []
        if take(.sign(.openList)) {
            repeat { codes.insert(try value(of: fact)) } while take(.sign(.comma))
            guard take(.sign(.closeList)) else { throw fault("expected ] and not \(current.shown)") }
        } else if case .word(let name) = current.content {
            guard let list = lists[name] else {
                let near = nearestName(to: name, among: lists.keys.sorted()).map { "; did you mean \($0)?" }
                throw fault("there is no list \(name)\(near ?? "")")
            }
            for word in list { codes.insert(try code(word, of: fact, at: current)) }
            place += 1
        } else {
            throw fault("expected a list after in")
        }
        let start = Int32(result.codes.count)
        result.codes += codes.sorted()
        result.steps.append(
            .codeIn(slot: fact.rawValue, start: start, end: Int32(result.codes.count), isIn: isIn))
    }

    // MARK: Words

    private mutating func side() throws(ConditionFault) -> Side {
        switch current.content {
        case .number(let number):
            place += 1
            guard take(.sign(.times)) else { return .number(number) }
            guard case .fact(let fact, _, let lexeme) = try side() else {
                throw fault("expected a fact after *")
            }
            try requireNumber(fact, lexeme)
            return .fact(fact, factor: number, lexeme)
        case .word(let word):
            guard let fact = Fact(name: word) else {
                let near = nearestName(to: word, among: Fact.allCases.map(\.name))
                throw fault("there is no fact \(word)" + (near.map { "; did you mean \($0)?" } ?? ""))
            }
            defer { place += 1 }
            return .fact(fact, factor: 1, current)
        default: throw fault("expected a fact or a number, not \(current.shown)")
        }
    }

    private func requireNumber(_ fact: Fact, _ lexeme: ConditionLexer.Lexeme) throws(ConditionFault) {
        guard fact.form == .number else { throw fault("\(fact.name) is not a number", at: lexeme) }
    }

    private mutating func comparison() throws(ConditionFault) -> Condition.Comparison {
        guard let comparison = takeComparison() else {
            throw fault("expected a comparison, not \(current.shown)")
        }
        return comparison
    }

    private mutating func takeComparison() -> Condition.Comparison? {
        guard case .sign(let sign) = current.content else { return nil }
        let comparison: Condition.Comparison? =
            switch sign {
            case .less: .less
            case .atMost: .atMost
            case .more: .more
            case .atLeast: .atLeast
            case .equal, .single: .equal
            case .different: .different
            default: nil
            }
        if comparison != nil { place += 1 }
        return comparison
    }

    /// The code that the next word or number stands for.
    private mutating func value(of fact: Fact) throws(ConditionFault) -> UInt32 {
        let lexeme = current
        place += 1
        switch lexeme.content {
        case .number(let number):
            guard let code = UInt32(exactly: number), fact.form == .code, code > 0 else {
                throw fault("\(lexeme.shown) is no value of \(fact.name)", at: lexeme)
            }
            return code
        case .word(let word), .text(let word): return try code(word, of: fact, at: lexeme)
        default:
            place -= 1
            throw fault("expected a value of \(fact.name), not \(lexeme.shown)", at: lexeme)
        }
    }

    private func code(
        _ word: String, of fact: Fact, at lexeme: ConditionLexer.Lexeme
    ) throws(ConditionFault) -> UInt32 {
        if fact.form == .code, let number = UInt32(word), number > 0 { return number }
        switch ConditionWords.code(of: word, for: fact) {
        case .success(let code): return code
        case .failure(let unknown):
            throw fault("\(word) is no value of \(fact.name) (\(unknown.expected))", at: lexeme)
        }
    }
}

extension Condition.Comparison {
    /// The same comparison with its sides exchanged.
    var mirrored: Self {
        switch self {
        case .less: .more
        case .atMost: .atLeast
        case .more: .less
        case .atLeast: .atMost
        case .equal, .different: self
        }
    }
}
