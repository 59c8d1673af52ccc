// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Synchronization

@testable import NATSClient

/// What a client noted, in order.
final class EventLog: Sendable {
    private struct State {
        var events: [NATSEvent] = []
        var waiters:
            [(count: Int, test: @Sendable (NATSEvent) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }
    private let state = Mutex(State())

    func note(_ event: NATSEvent) {
        let done = state.withLock { state in
            state.events.append(event)
            let done = state.waiters.filter { waiter in state.events.count(where: waiter.test) >= waiter.count }
            state.waiters.removeAll { waiter in state.events.count(where: waiter.test) >= waiter.count }
            return done
        }
        for waiter in done { waiter.continuation.resume() }
    }

    var all: [NATSEvent] { state.withLock { $0.events } }

    /// Waits until a number of events satisfy a test.
    func wait(_ count: Int = 1, for test: @escaping @Sendable (NATSEvent) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.events.count(where: test) >= count { return true }
                state.waiters.append((count, test, continuation))
                return false
            }
            if isDone { continuation.resume() }
        }
    }
}

/// The messages of a subscription, in order.
final class Received: Sendable {
    private let stream: AsyncStream<NATSMessage>
    private let continuation: AsyncStream<NATSMessage>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func take(_ message: NATSMessage) { continuation.yield(message) }

    /// The payloads of the next messages.
    func next(_ count: Int) async -> [String] {
        var texts: [String] = []
        for await message in stream {
            texts.append(String(buffer: message.payload))
            if texts.count == count { break }
        }
        return texts
    }
}

/// Runs a client while the body runs.
func withClient<Value: Sendable>(
    _ servers: [NATSAddress],
    _ change: (inout NATSConfiguration) -> Void = { _ in },
    _ body: (NATSConnection, EventLog) async throws -> Value
) async throws -> Value {
    var configuration = NATSConfiguration(servers: servers, name: "test")
    configuration.backoff = .milliseconds(10)
    configuration.maximumBackoff = .milliseconds(100)
    change(&configuration)
    let events = EventLog()
    let client = NATSConnection(configuration, note: events.note)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await client.run() }
        defer { group.cancelAll() }
        return try await body(client, events)
    }
}

extension NATSEvent {
    var isConnected: Bool { if case .connected = self { true } else { false } }
    var isDisconnected: Bool { if case .disconnected = self { true } else { false } }
    var isUnreachable: Bool { if case .unreachable = self { true } else { false } }
    var error: NATSError? {
        switch self {
        case .disconnected(_, let error), .unreachable(_, let error), .refused(_, let error): error
        case .connected, .leaving: nil
        }
    }
}

func text(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

/// Returns the code of the error that a call throws; `nil` if it succeeds.
func failure<Value>(of body: () async throws -> Value) async -> NATSError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? NATSError)?.code
    }
}
