import Banking
import RiskModels
import Testing

@Suite struct CascadeFileTests {
    private func cascade(_ yaml: String) throws(CascadeError) -> Cascade {
        try Cascade(yaml: yaml, file: "c.yaml") { _ throws(ModelFileError) in
            do {
                return try Scorecard(SmallScorecard.model())
            } catch {
                throw ModelFileError(.missing, operation: "test", cause: "\(error)")
            }
        }
    }

    @Test func `a whole file is read`() throws {
        let cascade = try cascade(
            """
            name: whole
            bricks:
              - model: small.safetensors
                climbs: {from: 0.1, to: 0.9}
                deadline_milliseconds: 2.5
            policy:
              elevated: {alerts_per_day: 100}
              high: {probability: 0.6}
              critical: {probability: 0.95}
              outcomes: {high: decline}
              alerts_from: elevated
              unusual: {percentile: 0.9999, when: count_30d >= 10}
            lists:
              sanctioned: [KP, NO]
            rules:
              - name: sanctioned_country
                when: >
                  merchant_country in sanctioned
                  and amount > 10
                band: critical
                reason: Payment to a sanctioned country
            """)
        #expect(cascade.name == "whole")
        #expect(cascade.steps[0].climbs == 0.1...0.9)
        #expect(cascade.steps[0].deadline == .microseconds(2500))
        #expect(cascade.policy.outcomes.high == .decline)
        #expect(cascade.policy.alertsFrom == .elevated)
        #expect(cascade.policy.unusualFrom == 0.9999)
        #expect(cascade.policy.unusualWhen == "count_30d >= 10")
        #expect(cascade.thresholds[0].elevated == 0.1)
        #expect(cascade.rules.rules[0].reasonFrench == "Payment to a sanctioned country")
    }

    @Test(arguments: [
        ("bricks: []", "1 to 250 bricks"),
        ("brick:\n  - model: a", "did you mean bricks?"),
        ("bricks:\n  - modell: a", "c.yaml:2:5: bricks has no entry modell; did you mean model?"),
        ("bricks:\n  - model: a\n    climbs: {from: 2}", "0 ≤ from ≤ to ≤ 1"),
        ("bricks:\n  - model: a\npolicy:\n  high: {probability: 2}", "must be in [0, 1]"),
        ("bricks:\n  - model: a\npolicy:\n  unusual: {percentile: 99}", "percentile must be in (0, 1]"),
        ("bricks:\n  - model: a\npolicy:\n  high: {}", "either probability or alerts_per_day"),
        (
            "bricks:\n  - model: a\npolicy:\n  alerts_from: hi",
            "must be one of normal, elevated, high, critical"
        ),
        (
            "bricks:\n  - model: a\nrules:\n  - name: r\n    when: amout > 1\n    band: high",
            "did you mean amount?"
        ),
        ("bricks:\n  - model: a\nrules:\n  - name: r\n    when: amount > 1", "needs a band or an outcome"),
        ("", "empty"), ("a: [", "c.yaml"),
    ])
    func `a fault says where and what`(yaml: String, cause: String) {
        #expect {
            try cascade(yaml)
        } throws: { error in
            let isRight = "\(error)".contains(cause)
            if !isRight { print("\(yaml): \(error)") }
            return isRight
        }
    }
}
