import Testing

@testable import Banking

@Suite struct TimestampTests {
    @Test(arguments: [
        "1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2018-04-01T00:00:31Z", "2026-12-31T12:00:00.250Z",
    ])
    func `a moment survives being written and read`(text: String) throws {
        #expect(try #require(Timestamp(rfc3339: text)).rfc3339 == text)
    }

    @Test func `an offset is taken into account`() {
        #expect(Timestamp(rfc3339: "2018-04-01T02:00:00+02:00") == Timestamp(rfc3339: "2018-04-01"))
    }

    @Test(arguments: ["2018-02-30", "2018-13-01", "yesterday", "2018-04-01T25:00:00Z", ""])
    func `what is no moment is refused`(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test func `the first of April 2018 was a Sunday`() {
        #expect(Timestamp(rfc3339: "2018-04-01")?.weekday == 7)
    }
}
