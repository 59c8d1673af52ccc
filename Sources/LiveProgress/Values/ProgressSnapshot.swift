// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials

/// The whole state of an operation at one revision: an immutable value.
public struct ProgressSnapshot: Sendable, Hashable {
    /// The operation.
    public let id: ProgressID
    /// The place in the journal; ``ProgressCursor/revision`` counts from 0, by one for each revision.
    public internal(set) var cursor: ProgressCursor
    /// The attempt, from 1; a retry is a new attempt, with counts of its own.
    public internal(set) var attempt: Int
    /// Where the operation stands.
    public internal(set) var status: ProgressStatus
    /// What the worker says it is doing, such as `"Processing"`; `"Pending"` until it says something.
    public internal(set) var state: String
    /// What the worker tells beside the state; `null` where it tells nothing.
    public internal(set) var details: JSONValue
    /// A title for people.
    public internal(set) var title: String?
    /// How much is done, or `nil` where the worker does not count.
    public internal(set) var counts: ProgressCounts?
    /// The operation that this one belongs to.
    public let parent: ProgressID?
    /// Labels to select operations by.
    public internal(set) var labels: [String: String]
    /// Whether a request to cancel is taken.
    public internal(set) var isCancellable: Bool
    /// How the operation ended, or `nil` while it has not.
    public internal(set) var outcome: ProgressOutcome?
    /// When the operation was created.
    public let createdAt: Date
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
        self.id = id
        self.cursor = cursor
        self.attempt = attempt
        self.status = status
        self.state = state
        self.details = details
        self.title = title
        self.counts = counts
        self.parent = parent
        self.labels = labels
        self.isCancellable = isCancellable
        self.outcome = outcome
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

extension ProgressSnapshot {
    /// The state of an operation that nobody has reported on.
    public static let initialState = "Pending"

    /// The revision: 0 when created, one more for each revision after it.
    public var revision: UInt64 { cursor.revision }

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
