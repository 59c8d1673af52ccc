// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials

/// The whole state of an operation at one revision: an immutable value.
///
/// What seldom changes is shared by all revisions until it does, so that making or copying one takes few references.
public struct ProgressSnapshot: Sendable, Hashable {
    /// What seldom changes.
    package struct Head: Sendable, Hashable {
        let id: ProgressID
        let epoch: String
        let parent: ProgressID?
        let createdAt: Date
        var attempt: Int
        var title: String?
        var labels: [String: String]
        var isCancellable: Bool
        var outcome: ProgressOutcome?
    }

    /// What seldom changes, with all snapshots that have it in common.
    var shared: SharedBox<Head>
    /// The revision: 0 when created, one more for each revision after it.
    public internal(set) var revision: UInt64
    /// Where the operation stands.
    public internal(set) var status: ProgressStatus
    /// What the worker says it is doing, such as `"Processing"`; `"Pending"` until it says something.
    public internal(set) var state: String
    /// What the worker tells beside the state; `null` where it tells nothing.
    public internal(set) var details: JSONValue
    /// How much is done, or `nil` where the worker does not count.
    public internal(set) var counts: ProgressCounts?
    /// When this revision was made.
    public internal(set) var updatedAt: Date

    /// A snapshot with the given members.
    public init(
        id: ProgressID,
        cursor: ProgressCursor,
        attempt: Int = 1,
        status: ProgressStatus = .pending,
        state: String = ProgressSnapshot.initialState,
        details: JSONValue = .null,
        title: String? = nil,
        counts: ProgressCounts? = nil,
        parent: ProgressID? = nil,
        labels: [String: String] = [:],
        isCancellable: Bool = false,
        outcome: ProgressOutcome? = nil,
        createdAt: Date,
        updatedAt: Date
    ) {
        let head = Head(
            id: id,
            epoch: cursor.epoch,
            parent: parent,
            createdAt: createdAt,
            attempt: attempt,
            title: title,
            labels: labels,
            isCancellable: isCancellable,
            outcome: outcome
        )
        shared = SharedBox(head)
        revision = cursor.revision
        self.status = status
        self.state = state
        self.details = details
        self.counts = counts
        self.updatedAt = updatedAt
    }

    /// What seldom changes; a change gives this snapshot one of its own.
    var head: Head {
        get { shared.value }
        set { shared = SharedBox(newValue) }
    }
}

extension ProgressSnapshot {
    /// The operation.
    public var id: ProgressID { shared.value.id }

    /// The place in the journal; ``ProgressCursor/revision`` counts from 0, by one for each revision.
    public var cursor: ProgressCursor { ProgressCursor(epoch: shared.value.epoch, revision: revision) }

    /// The attempt, from 1; a retry is a new attempt, with counts of its own.
    public var attempt: Int { shared.value.attempt }

    /// A title for people.
    public var title: String? { shared.value.title }

    /// The operation that this one belongs to.
    public var parent: ProgressID? { shared.value.parent }

    /// Labels to select operations by.
    public var labels: [String: String] { shared.value.labels }

    /// Whether a request to cancel is taken.
    public var isCancellable: Bool { shared.value.isCancellable }

    /// How the operation ended, or `nil` while it has not.
    public var outcome: ProgressOutcome? { shared.value.outcome }

    /// When the operation was created.
    public var createdAt: Date { shared.value.createdAt }
}

extension ProgressSnapshot {
    /// The state of an operation that nobody has reported on.
    public static let initialState = "Pending"

    /// The share done, from 0 to 1, or `nil` where nobody knows; 1 does not mean success, see ``outcome``.
    public var fractionCompleted: Double? { counts?.fractionCompleted }

    /// The result, where the operation succeeded with one.
    public var result: JSONValue? {
        if case .succeeded(let result) = outcome { result } else { nil }
    }

    /// The problem, where the operation failed.
    public var error: ProgressProblem? {
        if case .failed(let problem) = outcome { problem } else { nil }
    }
}
