import Banking
import Foundation
import Testing

@testable import Training

@Suite struct StudyTests {
    private let text = """
        name: small
        data: data.csv
        mapping: ../mappings/small.yaml
        history_from: 2018-04-01
        selection:
          train: {from: 2018-04-15, to: 2018-05-01}
          validation: {from: 2018-05-08, to: 2018-05-15}
        train: {from: 2018-04-15, to: 2018-05-15}
        test: {from: 2018-05-22, to: 2018-05-29}
        """

    @Test func `a study is read with its defaults`() throws {
        let study = try Study(yaml: text, file: "/project/studies/small.yaml")
        #expect(study.mappingPath == "/project/mappings/small.yaml")
        #expect(study.labelDelayDays == 7)
        #expect(study.test.days == 7)
        #expect(!study.excludesKnownCompromised)
    }

    @Test func `an unknown entry is named with its line and the nearest entry`() {
        let wrong = text + "\nsede: 3\n"
        #expect {
            try Study(yaml: wrong, file: "small.yaml")
        } throws: { error in
            "\(error)".contains("small.yaml:10:1") && "\(error)".contains("did you mean seed?")
        }
    }

    @Test func `what is left out as known needs the days between training and measuring`() throws {
        let between = Timestamp(year: 2018, month: 5, day: 4)
        for (line, isNeeded) in [("", false), ("\nexclude_known_compromised: true\n", true)] {
            let study = try Study(yaml: text + line, file: "small.yaml")
            let periods = study.periods(for: study.validation, after: study.selectionTraining)
            #expect(periods.contains { $0.contains(between) } == isNeeded)
            #expect(periods.contains { $0.contains(study.validation.from) })
        }
    }

    @Test func `a validation inside its training is refused`() {
        let wrong = text.replacing("2018-05-08", with: "2018-04-20")
        #expect(throws: TrainingError.self) { try Study(yaml: wrong, file: "small.yaml") }
    }

    @Test func `the shipped studies can be read`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        for name in ["handbook-h1", "handbook-h2"] {
            let study = try Study(contentsOf: root.appending(path: "studies/\(name).yaml").path)
            #expect(study.name == name)
            #expect(study.test.from == Timestamp(year: 2018, month: 8, day: 8))
        }
    }
}
