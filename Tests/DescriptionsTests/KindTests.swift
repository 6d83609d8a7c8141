import History
import Testing

@testable import Descriptions

@Suite struct KindTests {
    @Test func `every fact is said by exactly one kind`() {
        for fact in Fact.allCases {
            #expect(Kind.allCases.filter { $0.allFacts.contains(fact) }.count == 1, "\(fact)")
            #expect(Kind(saying: fact).allFacts.contains(fact))
        }
    }

    @Test func `kinds are said in the order of the facts`() {
        let order = Kind.allCases.map { $0.fact.rawValue }
        #expect(order == order.sorted())
        #expect(Kind.allCases.map { Int($0.rawValue) } == Array(0..<Kind.allCases.count))
    }

    @Test func `names are those of the facts and lead back to the kind`() {
        #expect(Kind.count10m.name == "count_10m")
        #expect(Kind.merchantWord.name == "merchant_word")
        for kind in Kind.allCases { #expect(Kind(name: kind.name) == kind) }
        #expect(Set(Kind.allCases.map(\.name)).count == Kind.allCases.count)
    }

    @Test func `sections follow one another and begin with the account`() {
        let sections = Kind.allCases.map(\.section)
        var seen: [Kind.Section] = []
        for section in sections where seen.last != section { seen.append(section) }
        #expect(seen == Kind.Section.allCases)
    }

    @Test func `the transaction itself is now and the account is not`() {
        #expect(Kind.amount.isNow && Kind.merchantWord.isNow && Kind.counterpartFrauds30d.isNow)
        #expect(!Kind.usualAmount.isNow && !Kind.spree.isNow)
    }
}
