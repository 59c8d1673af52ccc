// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWebSocket

/// The logic of a watch that outlives its connections: what happens goes in, what to do comes out.
///
/// Each revision is delivered once and in order, over however many connections; what was missed is stated in
/// `skipped`. Knows no sockets, no clock and no randomness of its own.
struct ReconnectingWatch: Sendable {
    /// What the caller does next.
    enum Action: Sendable, Hashable {
        /// Connect, bringing the cursor; then tell of ``connected()`` or ``failed(_:)``.
        case connect(ProgressCursor?)
        /// Read from the connection; then tell of ``received(_:)``, ``closed(code:reason:)`` or ``failed(_:)``.
        case read
        /// Hand this to the watcher, then ask ``resume()``.
        case deliver(ProgressEvent)
        /// Wait, then tell of ``waited()``.
        case wait(Duration)
        /// Say that nothing follows.
        case finish
        /// Throw this, and nothing after it.
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
    /// Tries in a row that brought no message.
    private var failures = 0
    private var hasReceived = false
    private let configuration: ProgressClient.Configuration
    /// Why the last connection ended, or did not come to be.
    private(set) var lastError: ProgressClientError?

    init(from cursor: ProgressCursor?, configuration: ProgressClient.Configuration) {
        self.cursor = cursor
        self.configuration = configuration
        backoff = Backoff(base: configuration.initialRetryDelay, maximum: configuration.maximumRetryDelay)
    }

    /// What to do when the watcher asks for the next event.
    func resume() -> Action {
        switch state {
        case .disconnected: .connect(cursor)
        case .connected: .read
        case .finished: .finish
        }
    }

    /// The connection stands.
    mutating func connected() -> Action {
        state = .connected
        return .read
    }

    /// The server sent an event.
    mutating func received(_ event: ProgressEvent) -> Action {
        // Success is a message, not a connection: a server that accepts and drops must not be hammered.
        failures = 0
        hasReceived = true
        backoff.reset()
        let new = event.snapshot.cursor
        var skipped = event.skipped
        if let old = cursor, old.epoch == new.epoch {
            guard new.revision > old.revision else {
                guard event.kind == .end else { return .read }
                state = .finished
                return .finish
            }
            skipped = max(skipped, new.revision - old.revision - 1)
        }
        cursor = new
        if event.kind == .end { state = .finished }
        return .deliver(
            ProgressEvent(kind: event.kind, snapshot: event.snapshot, skipped: skipped, resumed: event.resumed)
        )
    }

    /// The server closed the connection; 1006 stands for a connection that broke without saying so.
    mutating func closed(code: UInt16, reason: String) -> Action {
        if state == .finished { return .finish }
        let close = WebSocketCloseReason(code: code, reason: reason)
        if WebSocketCloseCode(rawValue: code) == .ended {
            state = .finished
            return .finish
        }
        return tryAgain(after: ProgressClientError(close), allowed: close.shouldReconnect)
    }

    /// Connecting or reading failed.
    mutating func failed(_ error: ProgressClientError) -> Action {
        if state == .finished { return .finish }
        return tryAgain(after: error, allowed: error.isTransient)
    }

    /// The wait is over.
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
