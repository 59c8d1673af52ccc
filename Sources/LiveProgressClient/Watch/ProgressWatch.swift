// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

/// The events of an operation on a server, over as many connections as needed.
///
/// ``ProgressClient/events(of:from:)`` creates this sequence. Leaving the loop closes the connection.
public struct ProgressWatch: AsyncSequence, Sendable {
    /// The element of the sequence.
    public typealias Element = ProgressEvent
    /// The error of the sequence.
    public typealias Failure = ProgressClientError

    let connector: any WatchConnector
    let cursor: ProgressCursor?
    let configuration: ProgressClient.Configuration

    /// Returns a new, separate watch.
    public func makeAsyncIterator() -> Iterator {
        Iterator(
            connector: connector,
            configuration: configuration,
            machine: ReconnectingWatch(from: cursor, configuration: configuration)
        )
    }

    /// One watch; releasing the iterator closes its connection.
    public struct Iterator: AsyncIteratorProtocol {
        let connector: any WatchConnector
        let configuration: ProgressClient.Configuration
        var connection: (any WatchConnection)?
        var machine: ReconnectingWatch

        /// Returns the next event, or `nil` after the end.
        ///
        /// - Throws: ``ProgressClientError``, once; later calls return `nil`. A cancelled task gets
        ///   ``ProgressClientError/Code/cancelled``.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(ProgressClientError) -> ProgressEvent? {
            var action = machine.resume()
            while true {
                switch action {
                case .connect(let cursor): action = await connect(from: cursor, isolation: actor)
                case .read: action = await read(isolation: actor)
                case .deliver(let event): return event
                case .wait(let delay):
                    connection = nil
                    action = await wait(delay, isolation: actor)
                case .finish:
                    connection = nil
                    return nil
                case .fail(let error):
                    connection = nil
                    throw error
                }
            }
        }

        private mutating func connect(
            from cursor: ProgressCursor?,
            isolation actor: isolated (any Actor)?
        ) async -> ReconnectingWatch.Action {
            do throws(ProgressClientError) {
                connection = try await connector.connect(from: cursor)
                return machine.connected()
            } catch {
                return machine.failed(error)
            }
        }

        private mutating func read(isolation actor: isolated (any Actor)?) async -> ReconnectingWatch.Action {
            guard let connection else { return machine.closed(code: 1006, reason: "") }
            do throws(ProgressClientError) {
                switch try await connection.next(isolation: actor) {
                case .event(let event): return machine.received(event)
                case .closed(let code, let reason): return machine.closed(code: code, reason: reason)
                }
            } catch {
                return machine.failed(error)
            }
        }

        private mutating func wait(
            _ delay: Duration,
            isolation actor: isolated (any Actor)?
        ) async -> ReconnectingWatch.Action {
            if let error = machine.lastError { configuration.onRetry?(error, delay) }
            do {
                try await configuration.sleep(delay)
                return machine.waited()
            } catch {
                return machine.failed(ProgressClientError(.cancelled, "The watch was cancelled."))
            }
        }
    }
}

@available(*, unavailable)
extension ProgressWatch.Iterator: Sendable {}
