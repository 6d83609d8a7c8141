// swift-tools-version: 6.2
import PackageDescription

// Rooms, ground floor first. Imports point only downward; `Tests/TidyTests` checks it.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
]

func room(_ name: String, uses dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, uses dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "vigie",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        room("Banking"),
        room("History", uses: ["Banking"]),
        room("Descriptions", uses: ["Banking", "History"]),
        tests("BankingTests", uses: ["Banking"]),
        .systemLibrary(
            name: "CRdKafka", path: "Sources/CRdKafka", pkgConfig: "rdkafka",
            providers: [.apt(["librdkafka-dev"])]),
        room("KafkaClient", uses: ["CRdKafka"]),
        tests("KafkaClientTests", uses: ["KafkaClient"]),
        tests("TidyTests", uses: []),
    ]
)
