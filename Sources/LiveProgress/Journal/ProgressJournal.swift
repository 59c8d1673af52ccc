// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Synchronization

/// One operation: a bounded journal of revisions that workers write and watchers read.
///
/// Everything a transport needs is here. Writing takes one short critical section and never waits for a reader
/// (invariant 1); a reader is nothing but a cursor, so its memory is constant (invariant 10).
///
/// To follow an operation, ``subscribe(_:)`` first, then ``open(at:)``, then ``read(after:)`` whenever woken: no revision
/// can fall between. In the same process, ``events(from:)`` does all of that.
public final class ProgressJournal: Sendable {
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
    }

    /// The operation's identifier.
    public let id: ProgressID
    let dependencies: JournalDependencies
    let started = Latch()
    let cancelRequested = Latch()
    package let streams = WakeGroup()
    let state: Mutex<State>
    let pending = PendingCount()

    init(first: ProgressSnapshot, capacity: Int, lease: Lease?, dependencies: JournalDependencies) {
        id = first.id
        self.dependencies = dependencies
        state = Mutex(State(core: JournalState(first: first, capacity: capacity, lease: lease)))
    }

    // MARK: Reading

    /// The newest snapshot.
    ///
    /// Like every reading, this changes the journal: it seals the newest revision, so units counted later make the next one,
    /// and the next revision wakes all subscribers again.
    public func snapshot() -> ProgressSnapshot {
        reading { core, now in
            core.seal(now: now)
            return core.log.newest
        }
    }

    /// The first reading of a watcher.
    ///
    /// Without a cursor, or with one that cannot be resumed, it is the newest snapshot alone; with one that can, exactly
    /// the revisions after it, which may be none. Seals the newest revision, as ``snapshot()`` does.
    public func open(at cursor: ProgressCursor?) -> ProgressReading {
        reading { core, now in core.open(at: cursor, now: now) }
    }

    /// Everything after a revision; where that is overwritten, the newest alone, with how many were skipped.
    ///
    /// Seals the newest revision, as ``snapshot()`` does.
    public func read(after revision: UInt64) -> ProgressReading {
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

    /// The labels of the newest snapshot, without reading it: a tick goes on being overwritten.
    package var labels: [String: String] {
        state.withLock { $0.core.log.newest.labels }
    }

    /// The epoch of the journal's cursors.
    package var epoch: String {
        state.withLock { $0.core.log.newest.cursor.epoch }
    }

    /// The snapshot at a cursor, or `nil` where it is no longer here; this is no reading either.
    package func snapshot(at cursor: ProgressCursor) -> ProgressSnapshot? {
        state.withLock { state in
            let snapshot = state.core.log.entry(at: cursor.revision)
            return snapshot?.cursor == cursor ? snapshot : nil
        }
    }

    /// How many reports were refused because they came after the end, from a stale attempt, or were invalid.
    public var refusedReportCount: Int {
        state.withLock { $0.core.refusedReports }
    }

    /// An object that all transports of this journal share, for as long as one of them holds it.
    ///
    /// - Parameter make: Makes it; used where nobody holds one. All callers ask for the same type.
    /// - Returns: The one that is held already, or the one just made.
    package func sharedObject<Object: AnyObject & Sendable>(_ make: () -> Object) -> Object {
        if let object = state.withLock({ $0.sharedObject as? Object }) { return object }
        let made = make()
        return state.withLock { state in
            if let object = state.sharedObject as? Object { return object }
            state.sharedObject = made
            return made
        }
    }

    /// Holds an object as long as the service holds the operation; one for each journal.
    package func attach(_ object: any AnyObject & Sendable) {
        state.withLock { state in
            if !state.isRetired { state.attachment = object }
        }
    }

    /// The object of ``attach(_:)``.
    package var attachment: (any AnyObject & Sendable)? {
        state.withLock { $0.attachment }
    }

    // MARK: Watching

    /// Wakes someone when there is something new to read, from now on until ``unsubscribe(_:)``.
    ///
    /// Who was woken is not woken again before somebody, whoever it is, has read the journal.
    public func subscribe(_ waker: any ProgressWaker) -> ProgressSubscription {
        state.withLock { state in
            // From here on, counting has to be told to someone more.
            state.core.count(pending.take())
            return ProgressSubscription(number: state.wakers.add(waker))
        }
    }

    /// Ends a subscription; a wake that is under way may still come.
    public func unsubscribe(_ subscription: ProgressSubscription) {
        state.withLock { $0.wakers.set(subscription.number, nil) }
    }

    /// Counts one more watcher, who has opened the journal; the first one fires the start signal.
    public func watcherJoined() {
        state.withLock { $0.watchers += 1 }
        started.fire()
    }

    /// Counts one watcher less.
    public func watcherLeft() {
        state.withLock { $0.watchers -= 1 }
    }

    /// How many watch now.
    public var watcherCount: Int {
        state.withLock { $0.watchers }
    }

    // MARK: Writing

    /// Applies a report as one revision and gives the snapshot it made.
    ///
    /// - Parameters:
    ///   - report: What the worker says.
    ///   - ifMatch: Apply it only if the operation is still at this cursor.
    ///   - size: How many bytes it took on its way here, to be counted among the service's history; 0 counts nothing.
    /// - Returns: The snapshot that the report made.
    /// - Throws: ``ProgressError`` where the report is refused: ended, gone, stale attempt, cursor mismatch, invalid.
    @discardableResult
    public func report(
        _ report: ProgressReport,
        ifMatch: ProgressCursor? = nil,
        size: Int = 0
    ) throws(ProgressError) -> ProgressSnapshot {
        let history = dependencies.history
        return try write { core, now throws(ProgressError) in
            try core.apply(report, ifMatch: ifMatch, now: now)
            guard size > 0 else { return core.log.newest }
            // While all operations together have too much, each that is reported on keeps no more than its newest.
            let limit = history.isFull ? 0 : history.perOperation
            history.change(by: core.log.weighNewest(size, limit: limit))
            return core.log.newest
        }
    }

    /// Asks the worker to stop.
    ///
    /// The operation is ``ProgressStatus/cancelling`` until the worker ends it. Asking again is harmless.
    ///
    /// - Throws: ``ProgressError`` where the operation has ended, is gone, or does not take the request.
    @discardableResult
    public func requestCancel() throws(ProgressError) -> ProgressSnapshot {
        let snapshot = try write { core, now throws(ProgressError) in
            try core.requestCancel(now: now)
            return core.log.newest
        }
        cancelRequested.fire()
        return snapshot
    }
}
