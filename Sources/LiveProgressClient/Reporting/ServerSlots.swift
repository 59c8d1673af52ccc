// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// The connections that the workers of this process may have to one server at the same time.
///
/// Each request and each watch has a connection. Without a bound, thousands of operations would use up the descriptors
/// of the process.
final class ServerSlots: Sendable {
    private struct State {
        var requests = 0
        var watches = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private static let maximumRequests = 64
    private static let maximumWatches = 256
    private static let all = Mutex<[ProgressServerAddress: ServerSlots]>([:])

    private let state = Mutex(State())

    /// Returns the slots of a server.
    static func of(_ server: ProgressServerAddress) -> ServerSlots {
        all.withLock { all in
            if let slots = all[server] { return slots }
            let slots = ServerSlots()
            all[server] = slots
            return slots
        }
    }

    /// Makes a request when a slot is free.
    func request<Value>(
        _ body: () async throws(ProgressClientError) -> Value
    ) async throws(ProgressClientError) -> Value {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.requests == Self.maximumRequests else {
                    state.requests += 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        defer { release() }
        return try await body()
    }

    private func release() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            // The next request takes over the slot.
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.requests -= 1
            return nil
        }
        next?.resume()
    }

    /// Takes a slot for a watch, if one is free.
    func takeWatch() -> Bool {
        state.withLock { state in
            guard state.watches < Self.maximumWatches else { return false }
            state.watches += 1
            return true
        }
    }

    /// Gives the slot of a watch back.
    func returnWatch() {
        state.withLock { $0.watches -= 1 }
    }
}
