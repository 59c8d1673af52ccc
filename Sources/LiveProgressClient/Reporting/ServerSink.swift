// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// The sink of one operation whose worker is in this process and whose watchers are on a server.
///
/// ``ServerDelivery`` decides; this object sends, and holds the callers that wait. Its task holds the journal, and ends
/// with the operation.
final class ServerSink: JournalSink {
    private struct State {
        var delivery: ServerDelivery
        /// The client that sends; it has the operation's own token until the server refuses that token.
        var caller: ProgressClient
        var tokens: ProgressTokens?
        /// The error with which the server refused the operation's own token.
        var refusalOfOwnToken: ProgressClientError?
    }

    let id: ProgressID
    /// The client of the program, with its own token.
    let client: ProgressClient
    private let state: Mutex<State>
    private let work = WakeSignal()
    private let waiters = WakeGroup()

    init(client: ProgressClient, id: ProgressID, delivery: ServerDelivery) {
        self.id = id
        self.client = client
        state = Mutex(State(delivery: delivery, caller: client))
    }

    // MARK: The journal's side

    func noteChange(of journal: ProgressJournal) { state.withLock { $0.delivery.noteChange() } }

    func wake() { work.wake() }

    func deliver(within limit: Duration?) async throws -> Bool {
        let clock = client.configuration.clock
        let reading = state.withLock { $0.delivery.hurry() }
        work.wake()
        let outcome = try await waiters.wait(until: limit.map { clock.now() + $0 }, on: clock) {
            state.withLock { state -> Result<Void, any Error>? in
                if let failure = state.delivery.failure { return .failure(failure) }
                guard state.delivery.arrivedReading >= reading else { return nil }
                return state.delivery.refusal.take().map { .failure($0) } ?? .success(())
            }
        }
        return try outcome?.get() != nil
    }

    func commit() async throws {
        let reading = state.withLock { $0.delivery.hurryDurably() }
        work.wake()
        let outcome = try await waiters.wait {
            state.withLock { state -> Result<Void, any Error>? in
                let delivery = state.delivery
                if delivery.durableReading >= reading { return .success(()) }
                if let refusal = delivery.durabilityRefusal, refusal.reading >= reading {
                    return .failure(refusal.error)
                }
                if let failure = delivery.failure { return .failure(failure) }
                // Nothing is sent after the end.
                return delivery.hasEnded ? .failure(delivery.durabilityRefusal?.error ?? .notDurable) : nil
            }
        }
        try outcome?.get()
    }

    // MARK: The server's side

    /// Sends the request that creates the operation, once.
    ///
    /// - Throws: The error of the server, or of the connection.
    func create() async throws(ProgressClientError) {
        let clock = client.configuration.clock
        while case .send(let request) = state.withLock({ $0.delivery.next(now: clock.now()) }),
            request.kind == .creation
        {
            if let error = await send(request, for: nil) { throw error }
        }
    }

    /// Returns when the server has created the operation, when a request has failed, or after a time.
    ///
    /// - Throws: The error of the server, if it refuses for good.
    func created(within limit: Duration) async throws {
        let clock = client.configuration.clock
        let outcome = try await waiters.wait(until: clock.now() + limit, on: clock) {
            state.withLock { state -> Result<Void, any Error>? in
                if let failure = state.delivery.failure { return .failure(failure) }
                return state.delivery.isCreated || state.delivery.lastFailure != nil ? .success(()) : nil
            }
        }
        try outcome?.get()
    }

    /// Whether the server has created the operation, and why the newest request failed.
    var contact: (isCreated: Bool, failure: ProgressClientError?) {
        state.withLock { ($0.delivery.isCreated, $0.delivery.lastFailure) }
    }

    /// Delivers the changes of the operation until its end, or until the server accepts no more reports.
    func run(_ journal: ProgressJournal) async {
        let clock = client.configuration.clock
        let slots = ServerSlots.of(client.server)
        var listening: Task<Void, Never>?
        while true {
            let onServer = state.withLock(\.delivery.onServer)
            if onServer?.status == .cancelling { journal.noteCancelRequest() }
            closeQuestion(of: journal)
            let mustListen = onServer?.isCancellable == true || onServer?.waitingFor != nil
            if listening == nil, mustListen, slots.takeWatch() {
                listening = Task { await self.listen(journal) }
            }
            switch state.withLock({ $0.delivery.next(now: clock.now()) }) {
            case .read:
                let change = journal.takeForServer()
                state.withLock { $0.delivery.take(change) }
                waiters.wake()
            case .send(let request): _ = await send(request, for: journal)
            case .wait(let deadline): _ = await work.wait(until: deadline, on: clock)
            case .finished:
                // If the server refuses all further reports, the tracker refuses them too.
                if state.withLock({ $0.delivery.failure != nil }) { journal.remove(.deleted) }
                listening?.cancel()
                if listening != nil { slots.returnWatch() }
                return
            }
        }
    }

    private var caller: ProgressClient { state.withLock { $0.caller } }

    /// Sends a request, and returns the error if the server has not accepted it.
    private func send(_ request: DeliveryRequest, for journal: ProgressJournal?) async -> ProgressClientError? {
        let clock = client.configuration.clock
        defer { waiters.wake() }
        do throws(ProgressClientError) {
            let caller = caller
            let (answer, tokens) = try await ServerSlots.of(client.server)
                .request { () throws(ProgressClientError) in try await caller.deliver(request, to: id) }
            state.withLock { state in
                if let tokens {
                    state.tokens = tokens
                    state.caller = client.with(token: tokens.report)
                }
                state.delivery.accepted(answer, now: clock.now())
            }
            return nil
        } catch {
            let isOver = journal?.isEnded ?? false
            state.withLock { note(error, isOver: isOver, now: clock.now(), in: &$0) }
            // A store that fails does not prevent the creation.
            return error.problem?.kind == .storeUnavailable && request.isDurable ? nil : error
        }
    }

    private func note(_ error: ProgressClientError, isOver: Bool, now: Duration, in state: inout State) {
        let isOwnToken = state.caller.configuration.token != client.configuration.token
        if error.code == .unauthenticated, isOwnToken {
            state.caller = client
            state.refusalOfOwnToken = error
            return
        }
        // The client's own token may not see the operation; then the first refusal is the real reason.
        let isOfFallback = error.code == .unknown || error.code == .forbidden
        let reason = isOfFallback ? state.refusalOfOwnToken ?? error : error
        state.delivery.refused(reason, now: now, isOver: isOver)
    }

    /// Closes the question of the worker when a person has answered it on the server.
    private func closeQuestion(of journal: ProgressJournal) {
        guard let end = state.withLock({ $0.delivery.takeQuestionEnd() }) else { return }
        journal.closeQuestion(end.number, with: end.answer)
    }

    /// Watches for a request to cancel, an answer, and the end; the responses to reports show them too, but later.
    private func listen(_ journal: ProgressJournal) async {
        do {
            for try await event in caller.forever.events(of: id) {
                if event.snapshot.status == .cancelling { journal.noteCancelRequest() }
                state.withLock { state in
                    state.delivery.relay.isWatched = true
                    state.delivery.relay.note(event.snapshot)
                }
                closeQuestion(of: journal)
                if state.withLock({ $0.delivery.relay.isUncertain }) { work.wake() }
                guard event.kind == .end else { continue }
                state.withLock { $0.delivery.noteEnd() }
                work.wake()
                waiters.wake()
            }
        } catch {
            // Without the watch, the responses still show a request to cancel and an answer.
        }
        state.withLock { $0.delivery.relay.isWatched = false }
        work.wake()
    }
}

extension ServerSink: OperationHost {
    func link(of id: ProgressID) -> ProgressLink {
        let tokens = id == self.id ? state.withLock(\.tokens) : nil
        return ProgressLink(url: ProgressTarget(server: client.server, id: id).url, tokens: tokens)
    }

    func handOver(_ options: ProgressOptions) async throws -> any HandedOverOperation {
        let created = try await client.create(options: options)
        return OperationElsewhere(client: client, id: created.snapshot.id, tokens: created.tokens)
    }
}
