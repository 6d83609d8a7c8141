import History
import Ledger
import Pipeline
import RiskModels

/// What an instance takes over when it starts: the partitions, and the state of the last checkpoint.
///
/// It may be tried again after an error at any point: each time raises the epochs once more and reads the
/// state into a historian of its own.
struct Takeover {
    let claimed: [PartitionClaim]
    let historian: Historian
    /// No checkpoint was there.
    let isFresh: Bool
    /// Where reading goes on.
    let progress: [PartitionProgress]
    /// `nil` where another instance keeps the checkpoints.
    let archive: LedgerArchive?

    /// - Parameters:
    ///   - ledger: is connected again where it is not.
    ///   - all: every partition that is read, by topic.
    ///   - owned: partitions of transactions to claim; `nil` claims all.
    init(
        _ settings: Settings, _ ledger: Ledger, cascade: Cascade, all: [(topic: String, partitions: [Int32])],
        owned: [Int32]?, clusterID: String
    ) throws {
        if !ledger.isOpen { try ledger.reconnect() }
        let (job, topic) = (settings[.job], settings[.transactionsTopic])
        let partitions = all.first { $0.topic == topic }?.partitions ?? []
        // The owner of the first partition also keeps the checkpoints and the labels.
        let isKeeper = owned.map { $0.contains(partitions.min() ?? 0) } ?? true
        claimed = try all.flatMap { name, numbers in
            let mine = name == topic ? owned ?? numbers : isKeeper ? numbers : []
            return try mine.isEmpty
                ? []
                : ledger.claim(
                    job: job, topic: name, partitions: mine, clusterID: clusterID,
                    cascade: name == topic ? cascade.identity : nil)
        }
        historian = Historian(configuration: cascade.history)
        (isFresh, progress) = try LedgerArchive.restore(
            historian, ledger, job: job, topic: topic, partitions: partitions)
        archive = try LedgerArchive(
            settings.openLedger(), job: job, topic: topic, partitions: partitions, claimed: claimed)
    }
}
