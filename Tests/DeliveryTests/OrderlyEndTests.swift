import Foundation
import Testing

/// A service that is asked to end.
@Suite(.serialized) struct OrderlyEndTests {
    @Test func `asked to end at any moment after its start, the service ends soon and in order`() throws {
        let rig = try ServiceRig("orderly-end")
        var dice = Dice(seed: rig.seed)
        var slowest = Duration.zero
        for _ in 0..<25 {
            try rig.send(10)
            let service = try rig.start()
            usleep(UInt32(dice.roll(0...600) * 1000))
            service.signal(SIGTERM)
            let asked = ContinuousClock.now
            let end = service.wait(atMost: .seconds(30))
            slowest = max(slowest, .now - asked)
            // A signal that comes before the program's first instruction ends it as well.
            #expect(end == .exited(0) || end == .killed(signal: SIGTERM), "\(rig.logs): \(service.threads)")
        }
        print("orderly-end: the slowest end took \(slowest)")
        #expect(try rig.start(untilEnd: true).wait(atMost: .seconds(60)) == .exited(0))
        #expect(try rig.violations() == [])
    }
}
