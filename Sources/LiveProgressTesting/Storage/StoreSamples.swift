// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress

extension StoredOperation {
    /// Returns an operation with numbered revisions, the last of which may be the end.
    static func sample(
        _ id: ProgressID,
        epoch: String = "e1",
        revisions: ClosedRange<UInt64>,
        oldest: UInt64? = nil,
        outcome: ProgressOutcome? = nil
    ) -> StoredOperation {
        let all = revisions.map { number in
            Revision(snapshot: .sample(id, epoch, number, outcome: number == revisions.upperBound ? outcome : nil))
        }
        return StoredOperation(
            revisions: all,
            oldestRevision: oldest,
            counts: Counts(completedCount: Int64(revisions.upperBound))
        )
    }

    /// Returns this operation after a later change.
    func applying(_ change: StoredOperation) -> StoredOperation {
        var result = self
        result.apply(change)
        return result
    }

    private static let question = ProgressQuestion.Open(
        number: 7,
        question: ProgressQuestion("Apply?", choices: ["yes", "\"no\""], default: "yes", kind: .permission),
        askedAt: Date(timeIntervalSince1970: 3.5),
        deadline: Date(timeIntervalSince1970: 63.5)
    )

    /// One operation with every value that an operation can have.
    static let complete: StoredOperation = {
        let counts = ProgressCounts(
            completedCount: .max - 1,
            totalCount: .max,
            unit: "Zeilen \u{1F680}",
            fractionCompleted: 0.1 + 0.2,
            throughput: 1e-9,
            estimatedTimeRemaining: 3.5e8
        )
        let snapshot = ProgressSnapshot(
            id: "all.values",
            cursor: ProgressCursor(epoch: "k3f9", generation: 2, revision: 7),
            attempt: 3,
            status: .cancelling,
            state: "Copying \"a\"\u{0}\n",
            details: ["a": [1, -0.5, true, .null, "\u{E9}\u{301}"], "": ["deep": ["deeper": []]]],
            title: "Title",
            counts: counts,
            parent: "parent",
            labels: ["team": "data", "x": "a=b"],
            isCancellable: true,
            waitingFor: question,
            lastAnswer: ProgressAnswer(
                number: 3,
                message: "Overwrite \u{1F680}?",
                answer: nil,
                answeredBy: "anna\n",
                answeredAt: Date(timeIntervalSince1970: 2.5),
                isExpired: true
            ),
            createdAt: Date(timeIntervalSince1970: 1.234),
            updatedAt: Date(timeIntervalSince1970: 4_102_444_800.999)
        )
        return StoredOperation(
            revisions: [
                Revision(
                    snapshot: snapshot,
                    reportSize: 123,
                    receipt: Receipt(key: "k\nowner", fingerprint: .max, appliedLines: 3)
                )
            ],
            oldestRevision: 7,
            isTickOpen: true,
            generationEnds: [3, 5],
            counts: Counts(
                completedCount: .max - 1,
                totalCount: .max,
                unit: "rows",
                baselineCount: 9,
                fractionCompleted: 0.25,
                unitsOfParts: 1.5
            ),
            lease: .seconds(90),
            worker: "worker-7"
        )
    }()
}

extension ProgressSnapshot {
    fileprivate static func sample(
        _ id: ProgressID,
        _ epoch: String,
        _ revision: UInt64,
        outcome: ProgressOutcome?
    ) -> ProgressSnapshot {
        ProgressSnapshot(
            id: id,
            cursor: ProgressCursor(epoch: epoch, revision: revision),
            status: outcome?.status ?? .running,
            state: "Step \(revision)",
            details: ["revision": .integer(Int64(revision))],
            outcome: outcome,
            createdAt: Date(timeIntervalSince1970: 0),
            updatedAt: Date(timeIntervalSince1970: Double(revision))
        )
    }
}

extension Date {
    /// The milliseconds since 1970.
    var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }
}

extension StoredOperation.Revision {
    /// The revision with its dates cut to milliseconds, as clients see them.
    var inMilliseconds: StoredOperation.Revision {
        var result = self
        result.snapshot = ProgressSnapshot(
            id: snapshot.id,
            cursor: snapshot.cursor,
            attempt: snapshot.attempt,
            status: snapshot.status,
            state: snapshot.state,
            details: snapshot.details,
            title: snapshot.title,
            counts: snapshot.counts,
            parent: snapshot.parent,
            labels: snapshot.labels,
            isCancellable: snapshot.isCancellable,
            outcome: snapshot.outcome,
            createdAt: Date(timeIntervalSince1970: Double(snapshot.createdAt.milliseconds)),
            updatedAt: Date(timeIntervalSince1970: Double(snapshot.updatedAt.milliseconds))
        )
        return result
    }
}
