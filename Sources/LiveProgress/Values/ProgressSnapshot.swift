// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials

/// The whole state of an operation at one revision: an immutable value.
///
/// The members that seldom change are shared by many revisions, so making or copying a snapshot takes few references.
public struct ProgressSnapshot: Sendable, Hashable {
    /// The members that seldom change.
    package struct Head: Sendable, Hashable {
        let id: ProgressID
        let epoch: String
        var generation: UInt32 = 0
        let parent: ProgressID?
        let createdAt: Date
        var attempt: Int
        var title: String?
        var labels: [String: String]
        var isCancellable: Bool
        var outcome: ProgressOutcome?
        var waitingFor: ProgressQuestion.Open?
        var lastAnswer: ProgressAnswer?
    }

    /// The head, shared with all snapshots that have the same one.
    var shared: SharedBox<Head>
    /// The revision: 0 when the operation is created, then one more for each later revision.
    public internal(set) var revision: UInt64
    /// The status of the operation.
    public internal(set) var status: ProgressStatus
    /// The state that the worker reported, such as `"Processing"`; `"Pending"` before the first state.
    public internal(set) var state: String
    /// The details of the state; `null` without details.
    public internal(set) var details: JSONValue
    /// The counts, or `nil` if the worker does not count.
    public internal(set) var counts: ProgressCounts?
    /// The time at which this revision was made.
    public internal(set) var updatedAt: Date

    /// Creates a snapshot with the given members.
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
        waitingFor: ProgressQuestion.Open? = nil,
        lastAnswer: ProgressAnswer? = nil,
        createdAt: Date,
        updatedAt: Date
    ) {
        let head = Head(
            id: id,
            epoch: cursor.epoch,
            generation: cursor.generation,
            parent: parent,
            createdAt: createdAt,
            attempt: attempt,
            title: title,
            labels: labels,
            isCancellable: isCancellable,
            outcome: outcome,
            waitingFor: waitingFor,
            lastAnswer: lastAnswer
        )
        shared = SharedBox(head)
        revision = cursor.revision
        self.status = status
        self.state = state
        self.details = details
        self.counts = counts
        self.updatedAt = updatedAt
    }

    /// The head; setting it gives this snapshot its own copy.
    var head: Head {
        get { shared.value }
        set { shared = SharedBox(newValue) }
    }
}

extension ProgressSnapshot {
    /// The identifier of the operation.
    public var id: ProgressID { shared.value.id }

    /// The place in the journal; its ``ProgressCursor/revision`` starts at 0 and grows by one.
    public var cursor: ProgressCursor {
        ProgressCursor(epoch: shared.value.epoch, generation: shared.value.generation, revision: revision)
    }

    /// The number of the attempt, from 1; a retry is a new attempt with its own counts.
    public var attempt: Int { shared.value.attempt }

    /// A title for people.
    public var title: String? { shared.value.title }

    /// The parent operation, or `nil`.
    public var parent: ProgressID? { shared.value.parent }

    /// The labels to select the operation by.
    public var labels: [String: String] { shared.value.labels }

    /// Whether the operation accepts requests to cancel.
    public var isCancellable: Bool { shared.value.isCancellable }

    /// The outcome, or `nil` if the operation has not ended.
    public var outcome: ProgressOutcome? { shared.value.outcome }

    /// The question that waits for a person, or `nil`; its status is ``ProgressStatus/waiting`` unless the worker is silent.
    public var waitingFor: ProgressQuestion.Open? { shared.value.waitingFor }

    /// What became of the last question that was answered or reached its deadline; `nil` before the first one.
    public var lastAnswer: ProgressAnswer? { shared.value.lastAnswer }

    /// The time at which the operation was created.
    public var createdAt: Date { shared.value.createdAt }
}

extension ProgressSnapshot {
    /// The state of an operation before the first report.
    public static let initialState = "Pending"

    /// The completed fraction, from 0 to 1, or `nil` if not known; 1 does not mean success, see ``outcome``.
    public var fractionCompleted: Double? { counts?.fractionCompleted }

    /// The result, if the operation succeeded with one.
    public var result: JSONValue? {
        if case .succeeded(let result) = outcome { result } else { nil }
    }

    /// The problem, if the operation failed.
    public var error: ProgressProblem? {
        if case .failed(let problem) = outcome { problem } else { nil }
    }
}
