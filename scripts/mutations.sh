#!/usr/bin/env bash
# Takes each guard of delivery out and expects a test to fail for it: a test that cannot fail proves nothing.
#
# All mutants are built at once, in a copy of the tree, each behind VIGIE_MUTATION=NAME; without the variable the
# copy must pass. Prints a table for docs/delivery.md. Usage: scripts/mutations.sh [NAME…]
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 - "$@" <<'PYTHON'
import os, re, shutil, subprocess, sys
from pathlib import Path

ROOT = Path.cwd()
COPY = ROOT / ".build/mutations/tree"
FLAGS = ["-c", "release", "-Xswiftc", "-enable-testing", "--scratch-path", str(ROOT / ".build/mutations/build")]


class Mutant:
    """What is taken out of a file, what stands there instead, and the tests that must notice."""

    def __init__(self, name, meaning, tests, *places):
        self.name, self.meaning, self.tests, self.places = name, meaning, tests, places


TORTURE = "DeliveryTests.TortureTests"
HEIR = "heir of a process that stands still"
MUTANTS = [
    Mutant(
        "fence-off", "progress and rows are written under any epoch",
        ["LedgerTests.DeliveryTests", "LedgerTests.CheckpointTests", TORTURE],
        ("Sources/Ledger/ProgressTable.swift",
         "AND p.source_partition = b.source_partition AND p.epoch = b.epoch",
         'AND p.source_partition = b.source_partition\\(mutated("fence-off") ? "" : " AND p.epoch = b.epoch")')),
    Mutant(
        "offset-early", "progress is committed before the rows",
        [TORTURE],
        ("Sources/Ledger/Ledger+Delivery.swift",
         "            let counts = try connection.transaction {",
         '            if mutated("offset-early") { try ProgressTable.advance(job: job, progress, connection) }\n'
         "            let counts = try connection.transaction {")),
    Mutant(
        "fence-unlocked", "the fence is passed and let go of before the rows are written",
        [HEIR],
        ("Sources/Ledger/Ledger+Delivery.swift",
         "                try ProgressTable.advance(job: job, progress, connection)\n",
         '                if mutated("fence-unlocked") {\n'
         "                    let looked = progress.map { one in\n"
         "                        PartitionAdvance(topic: one.topic, partition: one.partition, epoch: one.epoch)\n"
         "                    }\n"
         "                    try ProgressTable.advance(job: job, looked, connection)\n"
         '                    try connection.execute("COMMIT")\n'
         '                    try Failpoint.deliveryBeforeRows.pass()\n'
         "                    usleep(20_000)\n"
         '                    try connection.execute("BEGIN")\n'
         "                } else {\n"
         "                    try ProgressTable.advance(job: job, progress, connection)\n"
         "                }\n"),
        ("Sources/Ledger/Ledger+Delivery.swift",
         "                try Failpoint.deliveryBeforeCommit.pass()\n",
         '                if mutated("fence-unlocked") {\n'
         "                    try ProgressTable.moveUnfenced(job: job, progress, connection)\n"
         "                }\n"
         "                try Failpoint.deliveryBeforeCommit.pass()\n"),
        ("Sources/Ledger/ProgressTable.swift",
         "    /// Moves other instances' partitions forward",
         "    static func moveUnfenced(\n"
         "        job: String, _ advances: [PartitionAdvance], _ connection: PostgresConnection\n"
         "    ) throws {\n"
         "        for one in advances {\n"
         "            guard let offset = one.deliveredOffset else { continue }\n"
         "            try connection.query(\n"
         '                "UPDATE vigie.progress SET delivered_offset = greatest(delivered_offset, $4::bigint) "\n'
         '                    + "WHERE job = $1 AND source_topic = $2 AND source_partition = $3::integer",\n'
         "                [.text(job), .text(one.topic), .int4(one.partition), .int8(offset)])\n"
         "        }\n"
         "    }\n\n"
         "    /// Moves other instances' partitions forward")),
    Mutant(
        "release-early", "a rebalance does not wait for the work on the partitions",
        ["ServiceTests.SharedTopicTests"],
        ("Sources/vigie/GroupMember.swift",
         "while isHeld, condition.wait(until: deadline) {}",
         'while !mutated("release-early"), isHeld, condition.wait(until: deadline) {}')),
    Mutant(
        "conflict-off", "a decision that is there already is an error",
        ["LedgerTests.DeliveryTests"],
        ("Sources/Ledger/DecisionsTable.swift",
         "            AS b\n        ON CONFLICT DO NOTHING",
         '            AS b\\(mutated("conflict-off") ? "" : " ON CONFLICT DO NOTHING")')),
    Mutant(
        "repeats-scored", "a transaction that comes again is scored again",
        ["HistoryTests.HistorianTests", "PipelineTests.PipelineTests"],
        ("Sources/History/Historian.swift",
         "if account.isDuplicate(transaction.idHash)",
         'if !mutated("repeats-scored"), account.isDuplicate(transaction.idHash)')),
    Mutant(
        "deadline-off", "calls of the database wait without end",
        ["PostgresClientTests.PostgresConnectionTests"],
        ("Sources/PostgresClient/PostgresConnection.swift",
         "guard left.seconds >= 0, left.attoseconds >= 0 else { return false }",
         'guard mutated("deadline-off") || (left.seconds >= 0 && left.attoseconds >= 0) else { return false }')),
    Mutant(
        "letters-late", "dead letters are published after their rows and not tried again",
        [TORTURE],
        ("Sources/Pipeline/Clerk.swift",
         "guard !rejected.isEmpty, let publisher else { return }",
         'guard !mutated("letters-late"), !rejected.isEmpty, let publisher else { return }'),
        ("Sources/Pipeline/Clerk.swift",
         "            else { return false }\n            noteProgress()\n        }\n        Failpoint.beforeAdvance",
         "            else { return false }\n            noteProgress()\n"
         '            if mutated("letters-late"), !rejected.isEmpty, let publisher {\n'
         "                Failpoint.beforeDeadLetters.reach()\n"
         "                try? publisher.publish(rejected)\n"
         "            }\n"
         "        }\n        Failpoint.beforeAdvance")),
    Mutant(
        "pin-off", "nobody writes down which cascade scores from where on",
        ["LedgerTests.CheckpointTests", "ServiceTests.HotReloadTests"],
        ("Sources/Ledger/CascadeRangesTable.swift",
         "guard !ranges.isEmpty else { return }",
         'guard !mutated("pin-off"), !ranges.isEmpty else { return }')),
    Mutant(
        "checkpoint-early", "a checkpoint does not wait until what it stands for is delivered",
        ["PipelineTests.CheckpointTests"],
        ("Sources/Pipeline/Archivist.swift",
         "delivered.wait(for: sequence, unless: stopSwitch)",
         'mutated("checkpoint-early") || delivered.wait(for: sequence, unless: stopSwitch)')),
    Mutant(
        "merge-off", "partitions of a backlog are read one after the other",
        ["KafkaClientTests.MergedPartitionsTests", TORTURE],
        ("Sources/KafkaClient/MergedPartitions.swift",
         "lanes[other].time <= lanes[place].time",
         'mutated("merge-off") ? true : lanes[other].time <= lanes[place].time')),
    Mutant(
        "retry-off", "a fault that passes ends the service",
        ["ServiceTests.LiveServiceTests"],
        ("Sources/vigie/LedgerDesk.swift",
         "self = error.isRetriable || error.isOutcomeUnknown",
         'self = !mutated("retry-off") && (error.isRetriable || error.isOutcomeUnknown)')),
    Mutant(
        "poison-off", "a stream of rubbish is drained into the dead letters",
        ["PipelineTests.PipelineTests", "PipelineTests.PoisonGuardTests"],
        ("Sources/Pipeline/PoisonGuard.swift",
         "return Double(rejected) > limit * Double(seen)",
         'return !mutated("poison-off") && Double(rejected) > limit * Double(seen)')),
    Mutant(
        "mask-off", "rejected records keep their card numbers",
        ["PipelineTests.RedactionTests", "ServiceTests.LiveServiceTests"],
        ("Sources/Pipeline/Redaction.swift",
         "copy.withUnsafeMutableBytes { _ = CardNumber.mask($0) }",
         'if !mutated("mask-off") { copy.withUnsafeMutableBytes { _ = CardNumber.mask($0) } }')),
]

SWITCH = """
import Glibc

private let mutation = getenv("VIGIE_MUTATION").map { String(cString: $0) }

/// Whether this mutant is the one that runs.
func mutated(_ name: String) -> Bool { mutation == name }
"""


def prepare():
    """Makes the copy with all mutants in it, and touches only what changed, so that it builds quickly again."""
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True,
                           check=True).stdout.split("\n")
    texts = {name: Path(name).read_bytes() for name in files if name and Path(name).is_file()}
    for mutant in MUTANTS:
        for path, old, new in mutant.places:
            text = texts[path].decode()
            if text.count(old) != 1:
                sys.exit(f"{mutant.name}: {text.count(old)} times in {path}: {old}")
            text = text.replace(old, new)
            if "usleep" in new and "import Glibc" not in text:
                text = "import Glibc\n" + text
            texts[path] = text.encode()
    for room in {path.split("/")[1] for mutant in MUTANTS for path, _, _ in mutant.places}:
        texts[f"Sources/{room}/Mutated.swift"] = SWITCH.encode()
    child = "Tests/DeliveryTests/ChildProcess.swift"
    old = "        variables.merge(environment)"
    texts[child] = texts[child].decode().replace(
        old, '        variables["VIGIE_MUTATION"] = ProcessInfo.processInfo.environment["VIGIE_MUTATION"]\n' + old
    ).encode()
    for old in [p for p in COPY.rglob("*") if p.is_file() and str(p.relative_to(COPY)) not in texts]:
        old.unlink()
    for name, text in texts.items():
        target = COPY / name
        if not target.is_file() or target.read_bytes() != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text)
            if Path(name).is_file():
                shutil.copymode(name, target)


def name_at(file, line):
    """The test in which a line stands."""
    above = next((COPY / "Tests").rglob(file)).read_text().split("\n")[:int(line)]
    return re.findall(r"func `(.+?)`", "\n".join(above))[-1]


def test(filters, mutation, deadline=150):
    """Runs tests. Returns the names of those that failed; a run that does not end is a failure as well."""
    words = ["swift", "test", "--skip-build", "--no-parallel", *FLAGS]
    for one in filters:
        words += ["--filter", one]
    environment = dict(os.environ, VIGIE_TORTURE_SEED="26")
    if mutation:
        environment["VIGIE_MUTATION"] = mutation
    process = subprocess.Popen(words, cwd=COPY, env=environment, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=deadline)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        begun = re.findall(r'Test "(.+?)" started', output)
        return [f"{begun[-1] if begun else 'a test'} (does not end)"], output
    failed = re.findall(r'Test "(.+?)" (?:with \d+ test cases? )?failed after', output)
    # What another thread than the test's own records comes without a name.
    failed += [name_at(*place) for place in re.findall(r"«unknown» recorded an issue at (\w+\.swift):(\d+)", output)]
    if process.returncode and not failed:
        failed = ["the run (it crashed)"]
    return list(dict.fromkeys(failed)), output


def main():
    chosen = [one for one in MUTANTS if not sys.argv[1:] or one.name in sys.argv[1:]]
    prepare()
    subprocess.run(["swift", "build", "--build-tests", *FLAGS, "-j", "2"], cwd=COPY, check=True)
    filters = sorted({one for mutant in chosen for one in mutant.tests})
    failed, output = test(filters, None, 900)
    if failed:
        print(output[-4000:])
        sys.exit(f"without a mutation these fail: {failed}")
    print("| guard taken out | tests that fail |\n|---|---|", flush=True)
    survivors = []
    for mutant in chosen:
        failed, output = test(mutant.tests, mutant.name)
        (ROOT / f".build/mutations/{mutant.name}.log").write_text(output)
        if not failed:
            survivors.append(mutant.name)
        names = ", ".join(f"`{name}`" for name in failed) or "**none**"
        print(f"| `{mutant.name}`: {mutant.meaning} | {names} |", flush=True)
    if survivors:
        sys.exit(f"no test noticed: {', '.join(survivors)}")


main()
PYTHON
