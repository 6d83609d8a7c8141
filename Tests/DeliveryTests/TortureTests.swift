import Foundation
import Testing

@Suite(.serialized) struct TortureTests {
    @Test func `nothing is lost and nothing doubled whenever the process is killed`() throws {
        let plan = TorturePlan.fromEnvironment(kills: 60)
        let tally = try Torture.run(plan, name: "torture")
        #expect(tally.violations.isEmpty)
        #expect(tally.kills >= plan.kills)
        #expect(tally.alerts > 0 && tally.deadLetters > 0 && tally.repeated > 0, "a stream of all kinds")
    }
}
