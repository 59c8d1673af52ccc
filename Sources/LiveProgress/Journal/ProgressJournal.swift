// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Synchronization

/// One operation: a bounded journal of revisions that workers write and watchers read.
///
/// A transport needs only this type. Writing takes one short critical section and never waits for a reader (invariant
/// 1). A reader is only a cursor, so its memory is constant (invariant 10).
///
/// To follow an operation, call ``subscribe(_:)``, then ``open(at:)``, then ``read(after:)`` after each wake. In this
/// order, a reader misses no revision. In the same process, ``events(from:)`` makes these calls.
package final class ProgressJournal: Sendable {
    struct State {
        var core: JournalState
        var wakers = Wakers()
        var watchers = 0
        var streams = 0
        var isPublishScheduled = false
        var lastPublish: Duration?
        var isMarkedChanged = false
        var scheduledDeadline: Duration?
        weak var tracker: ProgressTracker?
        weak var sharedObject: (any AnyObject & Sendable)?
        var attachment: (any AnyObject & Sendable)?
        var isRetired = false
        /// The callers that wait for a question to be closed; `nil` until the first one.
        var asking: WakeGroup?
        /// Whether a caller of this process has the open question.
        var isAsked = false
        /// Whether the operation has changed since its sink has last read it.
        var isDirty = false
        /// The newest sealed revision that the sink has.
        var storedRevision: UInt64?
    }

    /// The operation's identifier.
    package let id: ProgressID
    let dependencies: JournalDependencies
    let started = Latch()
    let cancelRequested = Latch()
    package let streams = WakeGroup()
    let state: Mutex<State>
    let pending = PendingCount()

    init(_ core: JournalState, dependencies: JournalDependencies) {
        id = core.log.newest.id
        self.dependencies = dependencies
        state = Mutex(State(core: core))
    }

    // MARK: Reading

    /// Returns the newest snapshot.
    ///
    /// Like every reading, this call changes the journal: it seals the newest revision. Units that are counted later
    /// make a new revision, and that revision wakes all subscribers again.
    package func snapshot() -> ProgressSnapshot {
        reading { core, now in
            core.seal(now: now)
            return core.log.newest
        }
    }

    /// Returns the first reading of a watcher.
    ///
    /// Without a cursor, or with a cursor that cannot be resumed, the reading is only the newest snapshot. With a
    /// cursor that can be resumed, the reading is exactly the revisions after it, possibly none. The call seals the
    /// newest revision, as ``snapshot()`` does.
    package func open(at cursor: ProgressCursor?) -> ProgressReading {
        reading { core, now in core.open(at: cursor, now: now) }
    }

    /// Returns all revisions after one; if some were overwritten, only the newest, and how many were skipped.
    ///
    /// The call seals the newest revision, as ``snapshot()`` does.
    package func read(after revision: UInt64) -> ProgressReading {
        reading { core, now in core.read(after: revision, now: now) }
    }

    private func reading<Result>(_ read: (inout JournalState, JournalState.Now) -> Result) -> Result {
        let now = dependencies.now()
        return state.withLock { state in
            state.core.count(pending.take())
            state.wakers.noteReading()
            return read(&state.core, now)
        }
    }

    /// The labels of the newest snapshot; getting them is no reading, so an open tick stays open.
    package var labels: [String: String] {
        state.withLock { $0.core.log.newest.labels }
    }

    /// The time that the worker may be silent; `nil` if the worker is in this process.
    package var lease: Duration? {
        state.withLock { $0.core.lease?.remoteDuration }
    }

    /// The epoch of the journal's cursors.
    package var epoch: String {
        state.withLock { $0.core.log.newest.cursor.epoch }
    }

    /// Returns the snapshot at a cursor, or `nil` if the journal no longer has it; an open tick stays open.
    package func snapshot(at cursor: ProgressCursor) -> ProgressSnapshot? {
        state.withLock { state in
            let snapshot = state.core.log.entry(at: cursor.revision)
            return snapshot?.cursor == cursor ? snapshot : nil
        }
    }

    /// Returns whether a cursor is of a revision of this journal that is not lost.
    package func contains(_ cursor: ProgressCursor) -> Bool {
        state.withLock { $0.core.contains(cursor) }
    }

    /// The number of refused reports: invalid, after the end, from a stale attempt, or for another cursor.
    package var refusedReportCount: Int {
        state.withLock { $0.core.refusedReports }
    }

    /// Returns an object that all transports of this journal share, for as long as one of them holds it.
    ///
    /// - Parameter make: Makes the object if no transport holds one. All callers must request the same type.
    /// - Returns: The object that a transport holds, or the object that `make` has made.
    package func sharedObject<Object: AnyObject & Sendable>(_ make: () -> Object) -> Object {
        if let object = state.withLock({ $0.sharedObject as? Object }) { return object }
        let made = make()
        return state.withLock { state in
            if let object = state.sharedObject as? Object { return object }
            state.sharedObject = made
            return made
        }
    }

    /// Holds an object as long as the service holds the operation; each journal holds one object.
    package func attach(_ object: any AnyObject & Sendable) {
        state.withLock { state in
            if !state.isRetired { state.attachment = object }
        }
    }

    /// The object that was passed to ``attach(_:)``.
    package var attachment: (any AnyObject & Sendable)? {
        state.withLock { $0.attachment }
    }

    // MARK: Watching

    /// Adds a waker that is woken when there is something new to read, until ``unsubscribe(_:)``.
    ///
    /// After a wake, the waker is not woken again until a reader has read the journal; any reader counts.
    package func subscribe(_ waker: any ProgressWaker) -> ProgressSubscription {
        state.withLock { state in
            // Emptying the pending count makes the next thread that adds units announce them to the new waker.
            state.core.count(pending.take())
            return ProgressSubscription(number: state.wakers.add(waker))
        }
    }

    /// Ends a subscription; a wake that has already started may still arrive.
    package func unsubscribe(_ subscription: ProgressSubscription) {
        state.withLock { $0.wakers.set(subscription.number, nil) }
    }

    /// Counts one more watcher, which has opened the journal; the first watcher fires the start signal.
    package func watcherJoined() {
        state.withLock { $0.watchers += 1 }
        started.fire()
    }

    /// Counts one watcher fewer.
    package func watcherLeft() {
        state.withLock { $0.watchers -= 1 }
    }

    /// The current number of watchers.
    package var watcherCount: Int {
        state.withLock { $0.watchers }
    }

    // MARK: Writing

    /// Applies a report as one revision, and returns the snapshot of that revision.
    ///
    /// - Parameters:
    ///   - report: The report of the worker.
    ///   - ifMatch: The cursor at which the operation must still be; `nil` accepts any.
    ///   - size: The size of the report on the wire in bytes, counted in the service's history; 0 counts nothing.
    ///   - receipt: The request, if its client may repeat the request.
    /// - Returns: The snapshot that the report made.
    /// - Throws: ``ProgressError`` if the report is refused: ended, gone, stale attempt, cursor mismatch, invalid.
    @discardableResult
    package func report(
        _ report: ProgressReport,
        ifMatch: ProgressCursor? = nil,
        size: Int = 0,
        receipt: StoredOperation.Receipt? = nil
    ) throws(ProgressError) -> ProgressSnapshot {
        let snapshot = try write { core, now throws(ProgressError) in
            let before = core.log.newestRevision
            try core.apply(report, ifMatch: ifMatch, now: now)
            if core.log.newestRevision != before { dependencies.history.note(size, receipt, in: &core.log) }
            return core.log.newest
        }
        // These make no revision, but must survive a restart.
        if report.worker != nil || report.lease != nil, state.withLock({ markDirty(&$0) }) { dependencies.sink?.wake() }
        return snapshot
    }

    /// Begins the attempt after the current one; the number is read and written under one lock.
    ///
    /// - Returns: Whether the attempt began; after the end it does not begin.
    func beginAttempt(_ state: String, details: JSONValue) -> Bool {
        let begun: Void? = try? write { core, now throws(ProgressError) in
            let attempt = core.log.newest.attempt + 1
            try core.apply(ProgressReport(state: state, details: details, attempt: attempt), ifMatch: nil, now: now)
        }
        return begun != nil
    }

    /// Asks the worker to stop.
    ///
    /// The operation is ``ProgressStatus/cancelling`` until the worker ends it. A second request changes nothing.
    ///
    /// - Throws: ``ProgressError`` if the operation has ended, is gone, or does not accept requests to cancel.
    @discardableResult
    package func requestCancel(receipt: StoredOperation.Receipt? = nil) throws(ProgressError) -> ProgressSnapshot {
        if let elsewhere = dependencies.elsewhere { return try requestCancel(elsewhere) }
        let snapshot = try write { core, now throws(ProgressError) in
            let before = core.log.newestRevision
            try core.requestCancel(now: now)
            if core.log.newestRevision != before { dependencies.history.note(0, receipt, in: &core.log) }
            return core.log.newest
        }
        cancelRequested.fire()
        return snapshot
    }
}
