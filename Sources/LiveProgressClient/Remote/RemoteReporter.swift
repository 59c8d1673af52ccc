// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// The state that a ``RemoteTracker`` shares with its background tasks: the queue, and the server's responses.
final class RemoteReporter: Sendable {
    let id: ProgressID
    /// The client of the tracker, with its own token.
    let client: ProgressClient
    let state: Mutex<State>
    /// The calls that wait for a change of the state.
    let changes = WakeGroup()
    private let work: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    struct State {
        /// The client that sends the reports; it has the operation's own token until the server refuses that token.
        var caller: ProgressClient
        var queue: ReportQueue
        var snapshot: ProgressSnapshot
        var failure: ProgressClientError?
        var refusedCount = 0
        var isCancellationRequested: Bool
        /// The number of the newest call that a flush waits for, or has waited for.
        var flushedNumber: UInt64 = 0
        /// The number of the newest call at the last heartbeat.
        var numberAtHeartbeat: UInt64 = 0
        var tasks: [Task<Void, Never>] = []
    }

    /// Creates a reporter for an operation.
    ///
    /// - Parameters:
    ///   - client: The client of the tracker.
    ///   - snapshot: The newest snapshot of the operation.
    ///   - token: The operation's own token for reports, which takes precedence over the client's token.
    init(client: ProgressClient, snapshot: ProgressSnapshot, token: String? = nil) {
        id = snapshot.id
        self.client = client
        let queue = ReportQueue(
            completedCount: snapshot.counts?.completedCount ?? 0,
            unit: snapshot.counts?.unit,
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

    /// Starts the background tasks; they hold this object but not the tracker, and end after the last report.
    func start() {
        var tasks = [
            Task { await self.beat() }
        ]
        if snapshot.isCancellable { tasks.append(Task { await self.listen() }) }
        state.withLock { $0.tasks = tasks }
        Task { await self.send() }
    }

    /// Adds a report to the queue; returns `false` if the queue accepts no more reports.
    func push(_ report: ProgressReport) -> Bool {
        let isTaken = state.withLock { $0.queue.push(report) }
        if isTaken { signal.yield() }
        return isTaken
    }

    /// Ends the operation as abandoned, because the tracker was released.
    func abandon() {
        _ = push(ProgressReport(outcome: .failed(.abandoned)))
    }
}

// MARK: Background tasks

extension RemoteReporter {
    private var configuration: ProgressClient.Configuration { client.configuration }

    private func send() async {
        for await _ in work {
            while let entry = state.withLock({ $0.queue.take() }) {
                let cursor = state.withLock { $0.snapshot.cursor }
                await deliver(ReportDelivery(entry.report, cursor: cursor, configuration: configuration), entry.report)
                let mayPause = state.withLock { state in
                    state.queue.holdsOnlyCounts && state.queue.completedNumber >= state.flushedNumber
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
        // The error with which the server refused the operation's own token.
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
                case .done(let snapshot): return delivered(snapshot)
                case .drop: return refused()
                case .stop(let error):
                    // The client's own token may not see the operation. Then the first refusal is the real reason.
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

    /// Switches from the operation's token to the client's own token; returns `false` if they are the same.
    private func fallBack() -> Bool {
        state.withLock { state in
            guard state.caller.configuration.token != client.configuration.token else { return false }
            state.caller = client
            return true
        }
    }

    private func delivered(_ snapshot: ProgressSnapshot) {
        note(snapshot)
        state.withLock { $0.queue.completeInFlight() }
        changes.wake()
    }

    private func refused() {
        state.withLock { state in
            state.refusedCount += 1
            state.queue.completeInFlight()
        }
        changes.wake()
    }

    /// Stops reporting, because the server accepts no more reports.
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

    /// Stores a newer snapshot, and a request to cancel that the snapshot shows.
    private func note(_ snapshot: ProgressSnapshot) {
        let isNews = state.withLock { state in
            let (new, old) = (snapshot.cursor, state.snapshot.cursor)
            if new.epoch != old.epoch || new.isLater(than: old) {
                state.snapshot = snapshot
            }
            guard snapshot.status == .cancelling, !state.isCancellationRequested else { return false }
            state.isCancellationRequested = true
            return true
        }
        if isNews { changes.wake() }
    }

    /// Renews the lease with empty reports while the worker is silent.
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

    /// Watches for a request to cancel; the responses to reports show such a request too, but later.
    private func listen() async {
        do {
            for try await event in caller.events(of: id) { note(event.snapshot) }
        } catch {
            // The error can be ignored, because the sender gets the same refusal and reports it.
        }
    }
}
