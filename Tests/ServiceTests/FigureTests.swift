import Testing

@testable import vigie

@Suite struct FigureTests {
    @Test(arguments: [
        (0.99995, "99.99"), (0.999999, "99.99"), (1, "99.99"), (0.5, "50.00"), (0.123456, "12.35"),
        (0, "0.00"),
    ] as [(Double, String)])
    func `a share of those below is never rounded up to all`(share: Double, text: String) {
        #expect(Figure.shareBelow(share) == text)
    }
}
