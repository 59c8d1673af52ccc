// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One operation as a store keeps it: its revisions, and the values that its revisions do not show.
///
/// In a batch, ``revisions`` has only the revisions that are new or have changed; all other members are whole.
public struct StoredOperation: Sendable, Hashable {
    /// One revision of an operation.
    public struct Revision: Sendable, Hashable {
        /// The operation's state at this revision.
        public var snapshot: ProgressSnapshot
        /// The size in bytes of the report that made the revision; 0 if it is not counted.
        public var reportSize: Int
        /// The request that made the revision, if its client may repeat the request.
        public var receipt: Receipt?

        /// Creates a revision.
        public init(snapshot: ProgressSnapshot, reportSize: Int = 0, receipt: Receipt? = nil) {
            self.snapshot = snapshot
            self.reportSize = reportSize
            self.receipt = receipt
        }
    }

    /// A request with an idempotency key, so that a repeated request changes nothing.
    public struct Receipt: Sendable, Hashable {
        /// The key, with the owner of the key.
        public var key: String
        /// A hash of the rest of the request.
        public var fingerprint: UInt64
        /// The number of lines of the request that are applied; `nil` if the request is no batch of lines.
        public var appliedLines: Int?

        /// Creates a receipt.
        public init(key: String, fingerprint: UInt64, appliedLines: Int? = nil) {
            self.key = key
            self.fingerprint = fingerprint
            self.appliedLines = appliedLines
        }
    }

    /// The counts of the current attempt, as reported; a snapshot shows them with the shares of running parts.
    public struct Counts: Sendable, Hashable {
        /// The completed units.
        public var completedCount: Int64
        /// The total units, or `nil` if not known.
        public var totalCount: Int64?
        /// The unit that is counted.
        public var unit: String?
        /// The units completed before this run.
        public var baselineCount: Int64
        /// The fraction that the worker reported, if the counts have no fraction.
        public var fractionCompleted: Double?
        /// The units that running parts have completed; they count in the fraction only.
        public var unitsOfParts: Double

        /// Creates counts.
        public init(
            completedCount: Int64,
            totalCount: Int64? = nil,
            unit: String? = nil,
            baselineCount: Int64 = 0,
            fractionCompleted: Double? = nil,
            unitsOfParts: Double = 0
        ) {
            self.completedCount = completedCount
            self.totalCount = totalCount
            self.unit = unit
            self.baselineCount = baselineCount
            self.fractionCompleted = fractionCompleted
            self.unitsOfParts = unitsOfParts
        }
    }

    /// The revisions, oldest first, without gaps; at least one.
    public var revisions: [Revision]
    /// The oldest revision that the journal keeps.
    public var oldestRevision: UInt64
    /// Whether the newest revision is a tick that may still change, so that no watcher has read it.
    public var isTickOpen: Bool
    /// For each former generation of cursors, its last revision.
    public var generationEnds: [UInt64]
    /// The counts, or `nil` if the worker does not count.
    public var counts: Counts?
    /// The time that a remote worker may be silent; `nil` if the worker is in the service's process.
    public var lease: Duration?
    /// The worker of the current attempt, if it has named itself.
    public var worker: String?

    /// Creates an operation.
    public init(
        revisions: [Revision],
        oldestRevision: UInt64? = nil,
        isTickOpen: Bool = false,
        generationEnds: [UInt64] = [],
        counts: Counts? = nil,
        lease: Duration? = nil,
        worker: String? = nil
    ) {
        precondition(!revisions.isEmpty, "A stored operation has at least one revision.")
        self.revisions = revisions
        self.oldestRevision = oldestRevision ?? revisions[0].snapshot.revision
        self.isTickOpen = isTickOpen
        self.generationEnds = generationEnds
        self.counts = counts
        self.lease = lease
        self.worker = worker
    }

    /// The newest revision.
    public var newest: ProgressSnapshot { revisions[revisions.count - 1].snapshot }
    /// The identifier of the operation.
    public var id: ProgressID { newest.id }
    /// The epoch of the operation's cursors.
    public var epoch: String { newest.cursor.epoch }

    /// Applies a later change: the rule that every store implements (promise 5 of ``ProgressStore``).
    public mutating func apply(_ change: StoredOperation) {
        let first = change.revisions[0].snapshot.revision
        let kept = revisions.filter { $0.snapshot.revision < first && $0.snapshot.revision >= change.oldestRevision }
        self = change
        revisions = kept + change.revisions
    }
}
