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

func tests(
    _ name: String, uses dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

let package = Package(
    name: "vigie",
    products: [.executable(name: "vigie", targets: ["vigie"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),

        .target(name: "CKernels"),
        room("Banking"),
        room("Intake", uses: ["Banking", "CZlib", crypto, "Yams"]),
        room("History", uses: ["Banking"]),
        room("Descriptions", uses: ["Banking", "History"]),
        room("RiskModels", uses: ["CKernels", "Banking", "History", "Descriptions", crypto, "Yams"]),
        room(
            "Training",
            uses: ["CKernels", "Banking", "Intake", "History", "Descriptions", "RiskModels", crypto, "Yams"]),
        room("KafkaClient", uses: ["CRdKafka"]),
        room("PostgresClient", uses: ["CPostgres"]),
        room("Ledger", uses: ["Banking", "PostgresClient"]),
        room("Pipeline", uses: ["Banking", "Intake", "History", "Descriptions", "RiskModels", crypto]),
        room("Simulator", uses: ["Banking"]),
        .executableTarget(
            name: "vigie",
            dependencies: [
                "Banking", "Intake", "History", "Descriptions", "RiskModels", "Training", "KafkaClient",
                "PostgresClient", "Ledger", "Pipeline", "Simulator", "Yams",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),

        tests("BankingTests", uses: ["Banking"]),
        tests("IntakeTests", uses: ["Banking", "Intake", crypto]),
        tests("HistoryTests", uses: ["Banking", "History"]),
        tests("DescriptionsTests", uses: ["Banking", "History", "Descriptions"]),
        tests("CKernelsTests", uses: ["CKernels"]),
        .target(name: "CAllocationCount", path: "Tests/CAllocationCount"),
        tests(
            "RiskModelsTests",
            uses: ["CAllocationCount", "CKernels", "Banking", "History", "Descriptions", "RiskModels"]),
        tests(
            "TrainingTests",
            uses: ["Banking", "Intake", "History", "Descriptions", "RiskModels", "Training", "Simulator"],
            exclude: ["golden"]),
        tests("KafkaClientTests", uses: ["KafkaClient"]),
        tests("PostgresClientTests", uses: ["PostgresClient"]),
        tests("LedgerTests", uses: ["Banking", "Ledger", "PostgresClient"]),
        tests(
            "PipelineTests",
            uses: ["Banking", "Intake", "History", "Descriptions", "RiskModels", "Pipeline"]),
        tests("SimulatorTests", uses: ["Banking", "Simulator"]),
        tests(
            "ServiceTests",
            uses: [
                "vigie", "Banking", "History", "RiskModels", "KafkaClient", "Ledger", "Pipeline",
                "PostgresClient", "Simulator",
                .product(name: "Logging", package: "swift-log"),
            ]),
        tests(
            "DeliveryTests",
            uses: [
                "vigie", "Banking", "Intake", "History", "Descriptions", "RiskModels", "KafkaClient", "Ledger",
                "Pipeline", "PostgresClient",
            ]),
        tests("TidyTests"),
    ]
)
