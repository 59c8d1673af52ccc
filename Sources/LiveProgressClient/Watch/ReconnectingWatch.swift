// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgress
import LiveProgressWebSocket

/// The state machine of a watch over many connections: events in, actions out.
///
/// Each revision is delivered once and in order, over any number of connections; `skipped` counts the missed revisions.
/// The state machine uses no sockets and no clock, and gets its randomness from the configuration.
struct ReconnectingWatch: Sendable {
    /// The next action of the caller.
    enum Action: Sendable, Hashable {
        /// Connect with the cursor; then call ``connected()`` or ``failed(_:)``.
        case connect(ProgressCursor?)
        /// Read from the connection; then call ``received(_:)``, ``closed(code:reason:)`` or ``failed(_:)``.
        case read
        /// Deliver the event to the watcher; then call ``resume()``.
        case deliver(ProgressEvent)
        /// Wait; then call ``waited()``.
        case wait(Duration)
        /// End the sequence.
        case finish
        /// Throw the error, and end the sequence.
        case fail(ProgressClientError)
    }

    private enum State: Sendable, Hashable {
        case disconnected
        case connected
        case finished
    }

    private var state = State.disconnected
    private var cursor: ProgressCursor?
    private var backoff: Backoff
    /// The number of consecutive tries without a message.
    private var failures = 0
    private var hasReceived = false
    private let configuration: ProgressClient.Configuration
    /// The error that ended or prevented the last connection.
    private(set) var lastError: ProgressClientError?

    init(from cursor: ProgressCursor?, configuration: ProgressClient.Configuration) {
        self.cursor = cursor
        self.configuration = configuration
        backoff = Backoff(base: configuration.initialRetryDelay, maximum: configuration.maximumRetryDelay)
    }

    /// Returns the action for a watcher that asks for the next event.
    func resume() -> Action {
        switch state {
        case .disconnected: .connect(cursor)
        case .connected: .read
        case .finished: .finish
        }
    }

    /// Handles a new connection; returns the next action.
    mutating func connected() -> Action {
        state = .connected
        return .read
    }

    /// Handles an event from the server; returns the next action.
    mutating func received(_ event: ProgressEvent) -> Action {
        // Only a message counts as success: a server that accepts and drops connections must not get retries without
        // delay.
        failures = 0
        hasReceived = true
        backoff.reset()
        let new = event.snapshot.cursor
        var skipped = event.skipped
        if let old = cursor, old.epoch == new.epoch {
            guard new.isLater(than: old) else {
                guard event.kind == .end else { return .read }
                state = .finished
                return .finish
            }
            let isNext = new.generation == old.generation || event.resumed == true
            if isNext { skipped = max(skipped, new.revision - old.revision - 1) }
        }
        cursor = new
        if event.kind == .end { state = .finished }
        return .deliver(
            ProgressEvent(kind: event.kind, snapshot: event.snapshot, skipped: skipped, resumed: event.resumed)
        )
    }

    /// Handles the close of a connection; the code 1006 means that the connection broke without a close frame.
    mutating func closed(code: UInt16, reason: String) -> Action {
        if state == .finished { return .finish }
        let close = WebSocketCloseReason(code: code, reason: reason)
        if WebSocketCloseCode(rawValue: code) == .ended {
            state = .finished
            return .finish
        }
        return tryAgain(after: ProgressClientError(close), allowed: close.shouldReconnect)
    }

    /// Handles a failure to connect or to read; returns the next action.
    mutating func failed(_ error: ProgressClientError) -> Action {
        if state == .finished { return .finish }
        return tryAgain(after: error, allowed: error.isTransient)
    }

    /// Handles the end of a wait; returns the next action.
    mutating func waited() -> Action {
        resume()
    }

    private mutating func tryAgain(after error: ProgressClientError, allowed: Bool) -> Action {
        state = .disconnected
        lastError = error
        failures += 1
        let limit = hasReceived ? configuration.maximumReconnectAttempts : configuration.maximumConnectAttempts
        guard allowed, failures < limit ?? .max else {
            state = .finished
            return .fail(error)
        }
        let delay = backoff.next(random: configuration.random())
        return .wait(max(delay, min(error.retryAfter ?? .zero, configuration.maximumRetryDelay)))
    }
}
