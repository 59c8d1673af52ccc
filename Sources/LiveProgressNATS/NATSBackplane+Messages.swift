// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
import NATSClient
import NIOCore
import Synchronization

extension NATSBackplane {
    /// Subscribes to the later records of an operation.
    public func subscribe(
        to id: ProgressID,
        receive: @escaping @Sendable (BackplaneRecord) -> Void
    ) async throws(BackplaneError) -> BackplaneSubscription {
        do throws(NATSError) {
            let subscription = try client.subscribe(to: names.published(id.token)) { [weak self] message in
                guard let self, let sequence = message.headers["Nats-Sequence"].flatMap({ UInt64($0) }) else { return }
                if let record = record(sequence, message.headers, message.payload, of: id) { receive(record) }
            }
            do throws(NATSError) {
                // The response of the leader comes the way that the records come, so the subscription is known there by then.
                _ = try await newestMessage(of: id)
            } catch {
                client.unsubscribe(subscription)
                throw error
            }
            return state.withLock { state in
                state.lastWatch += 1
                state.watches[state.lastWatch] = Watch(id: id, subscription: subscription, receive: receive)
                return BackplaneSubscription(number: state.lastWatch)
            }
        } catch {
            throw BackplaneError(error)
        }
    }

    /// Ends a subscription.
    public func unsubscribe(_ subscription: BackplaneSubscription) {
        let watch = state.withLock { $0.watches.removeValue(forKey: subscription.number) }
        if let watch { client.unsubscribe(watch.subscription) }
    }

    /// Sends a message to a node, and returns its response.
    public func request(
        _ message: [UInt8],
        to node: String,
        within limit: Duration
    ) async throws(BackplaneError) -> [UInt8] {
        do throws(NATSError) {
            // Without a connection, nothing was sent.
            let answer = try await repeating(
                within: limit,
                while: { $0.code == .notConnected },
                { () async throws(NATSError) in
                    try await client.request(ByteBuffer(bytes: message), to: names.node(node), timeout: limit)
                }
            )
            return Array(answer.payload.readableBytesView)
        } catch {
            switch error.code {
            case .noResponders: throw BackplaneError(.noNode, "There is no node \(node) now.")
            case .timedOut, .disconnected, .cancelled:
                throw BackplaneError(.unknownOutcome, "The node \(node) has not responded: \(error)")
            default: throw BackplaneError(error)
            }
        }
    }

    /// Sends a message to all other nodes.
    public func announce(_ message: [UInt8]) {
        guard let name = state.withLock({ $0.node?.name }) else { return }
        try? client.publish(ByteBuffer(bytes: message), to: names.announcement(by: name))
    }

    /// Reads the newest record of each watched operation after a reconnect, because records were missed.
    func readAgain() async {
        let watches = state.withLock { Array($0.watches.values) }
        for watch in watches {
            if let record = try? await read(watch.id) { watch.receive(record) }
        }
    }
}

/// The events of the connection, for the owner's notes and for the repair of subscriptions.
///
/// A failure to connect is noted once, and not at each of the many tries.
final class ConnectionEvents: Sendable {
    private struct State {
        weak var backplane: NATSBackplane?
        var connections = 0
        var failures: Set<NATSEvent> = []
        var lastFailure: NATSError?
        var isLeaving = false
    }

    private let note: @Sendable (NATSEvent) -> Void
    private let state = Mutex(State())

    init(note: @escaping @Sendable (NATSEvent) -> Void) {
        self.note = note
    }

    func attach(_ backplane: NATSBackplane) {
        state.withLock { $0.backplane = backplane }
    }

    /// The reason why the last try to connect failed; `nil` before the first failure.
    var lastFailure: NATSError? { state.withLock(\.lastFailure) }

    /// Notes that the node closes the connection itself.
    func leave() { state.withLock { $0.isLeaving = true } }

    func take(_ event: NATSEvent) {
        let (isNews, backplane) = state.withLock { state -> (Bool, NATSBackplane?) in
            switch event {
            case .connected:
                state.failures = []
                state.connections += 1
                return (true, state.connections > 1 ? state.backplane : nil)
            case .unreachable(_, let error):
                state.lastFailure = error
                return (state.failures.insert(event).inserted, nil)
            case .disconnected: return (!state.isLeaving, nil)
            case .refused, .leaving: return (true, nil)
            }
        }
        if isNews { note(event) }
        if let backplane { Task { await backplane.readAgain() } }
    }
}
