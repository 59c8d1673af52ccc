// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// What a ``RemoteTracker`` shares with its tasks in the background: the queue, and what the server has said.
final class RemoteReporter: Sendable {
    let id: ProgressID
    /// The client as it was given, for what needs no server.
    let client: ProgressClient
    let state: Mutex<State>
    /// Woken when something has changed that a call may wait for.
    let changes = WakeGroup()
    private let work: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    struct State {
        /// The client that reports: by the operation's own token, as long as that is taken.
        var caller: ProgressClient
        var queue: ReportQueue
        var snapshot: ProgressSnapshot
        var failure: ProgressClientError?
        var refusedCount = 0
        var isCancellationRequested: Bool
        /// The number of the newest call that a flush waits for, or has waited for.
        var flushedNumber: UInt64 = 0
        /// The call that the last heartbeat saw as the newest.
        var numberAtHeartbeat: UInt64 = 0
        var tasks: [Task<Void, Never>] = []
    }

    /// What reports on an operation.
    ///
    /// - Parameters:
    ///   - client: Who reports.
    ///   - snapshot: Where the operation is.
    ///   - token: The operation's own token to report with, which goes before the client's.
    init(client: ProgressClient, snapshot: ProgressSnapshot, token: String? = nil) {
        id = snapshot.id
        self.client = client
        let queue = ReportQueue(
            completedCount: snapshot.counts?.completedCount ?? 0,
            capacity: client.configuration.maximumWaitingReports
        )
        state = Mutex(
            State(
                caller: token.map(client.with(token:)) ?? client,
                queue: queue,
                snapshot: snapshot,
                isCancellationRequested: snapshot.status == .cancelling
            )
        )
        (work, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    var snapshot: ProgressSnapshot { state.withLock { $0.snapshot } }
    var failure: ProgressClientError? { state.withLock { $0.failure } }
    var droppedReportCount: Int { state.withLock { $0.refusedCount + $0.queue.foldedCount } }
    var isCancellationRequested: Bool { state.withLock { $0.isCancellationRequested } }

    /// Starts the tasks; they hold this object, not the tracker, and end once the last report has been settled.
    func start() {
        var tasks = [
            Task { await self.beat() }
        ]
        if snapshot.isCancellable { tasks.append(Task { await self.listen() }) }
        state.withLock { $0.tasks = tasks }
        Task { await self.send() }
    }

    /// Takes a report for the sender.
    func push(_ report: ProgressReport) -> Bool {
        let isTaken = state.withLock { $0.queue.push(report) }
        if isTaken { signal.yield() }
        return isTaken
    }

    /// The tracker has been released.
    func abandon() {
        var report = ProgressReport()
        report.outcome = .failed(.abandoned)
        _ = push(report)
    }
}

// MARK: The tasks in the background

extension RemoteReporter {
    private var configuration: ProgressClient.Configuration { client.configuration }

    private func send() async {
        for await _ in work {
            while let entry = state.withLock({ $0.queue.take() }) {
                let cursor = state.withLock { $0.snapshot.cursor }
                await deliver(ReportDelivery(entry.report, cursor: cursor, configuration: configuration), entry.report)
                let mayPause = state.withLock { state in
                    state.queue.holdsOnlyCounts && state.queue.settledNumber >= state.flushedNumber
                }
                if mayPause { try? await configuration.sleep(configuration.reportInterval) }
            }
            if state.withLock({ $0.queue.hasEnd && $0.queue.isEmpty }) { break }
        }
        finish()
    }

    private func deliver(_ delivery: ReportDelivery, _ report: ProgressReport) async {
        var delivery = delivery
        var action = delivery.begin()
        // Why the operation's own token is not taken.
        var refusal: ProgressClientError?
        while true {
            do {
                switch action {
                case .send(let cursor):
                    action = delivery.taken(try await caller.report(id, report, ifMatch: cursor))
                case .fetch: action = delivery.fetched(try await caller.get(id))
                case .wait(let delay):
                    try? await configuration.sleep(delay)
                    action = delivery.waited()
                case .done(let snapshot): return settle(with: snapshot)
                case .drop: return settleRefused()
                case .stop(let error):
                    // To a token that may not see the operation, it is not there: that is not what has happened.
                    let isOfFallback = error.code == .unknown || error.code == .forbidden
                    return stop(isOfFallback ? refusal ?? error : error)
                }
            } catch {
                if error.code == .unauthenticated, fallBack() {
                    refusal = error
                    continue
                }
                action = delivery.refused(error)
            }
        }
    }

    private var caller: ProgressClient { state.withLock { $0.caller } }

    /// Goes on by the client's own token where the operation's is not taken any more; tells whether there was one to go on by.
    private func fallBack() -> Bool {
        state.withLock { state in
            guard state.caller.configuration.token != client.configuration.token else { return false }
            state.caller = client
            return true
        }
    }

    private func settle(with snapshot: ProgressSnapshot) {
        note(snapshot)
        state.withLock { $0.queue.settle() }
        changes.wake()
    }

    private func settleRefused() {
        state.withLock { state in
            state.refusedCount += 1
            state.queue.settle()
        }
        changes.wake()
    }

    /// Gives up: the server takes no more.
    private func stop(_ error: ProgressClientError) {
        state.withLock { state in
            state.failure = error
            state.queue.close()
        }
        changes.wake()
    }

    private func finish() {
        signal.finish()
        for task in state.withLock(\.tasks) { task.cancel() }
    }

    /// Takes note of a newer snapshot, and of a request to stop in it.
    private func note(_ snapshot: ProgressSnapshot) {
        let isNews = state.withLock { state in
            if snapshot.cursor.epoch != state.snapshot.cursor.epoch || snapshot.revision > state.snapshot.revision {
                state.snapshot = snapshot
            }
            guard snapshot.status == .cancelling, !state.isCancellationRequested else { return false }
            state.isCancellationRequested = true
            return true
        }
        if isNews { changes.wake() }
    }

    /// Keeps the lease of a worker that has nothing to say.
    private func beat() async {
        while !Task.isCancelled {
            do { try await configuration.sleep(configuration.heartbeatInterval) } catch { return }
            let isSilent = state.withLock { state in
                defer { state.numberAtHeartbeat = state.queue.lastNumber }
                return state.queue.isEmpty && state.queue.lastNumber == state.numberAtHeartbeat
            }
            guard isSilent else { continue }
            guard push(ProgressReport()) else { return }
            state.withLock { $0.numberAtHeartbeat = $0.queue.lastNumber }
        }
    }

    /// Learns of a request to stop as soon as it is made; the answers to reports tell of it too, only later.
    private func listen() async {
        do {
            for try await event in caller.watch(id) { note(event.snapshot) }
        } catch {
            // Nothing is lost: the sender meets the same refusal, and says so.
        }
    }
}
