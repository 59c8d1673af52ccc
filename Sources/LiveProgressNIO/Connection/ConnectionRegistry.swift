// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore
import Synchronization

/// Tells a connection that its time is over, whatever is still to be written.
struct ConnectionMustClose: Sendable {}

/// The open connections of a server, so that going away can wait for them and has an end.
///
/// A connection leaves by itself when it closes. Adding and removing take constant time, from any thread.
public final class ConnectionRegistry: Sendable {
    private struct State {
        var channels: [ObjectIdentifier: any Channel] = [:]
        var upgraded = 0
        var isClosing = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// An empty registry.
    public init() {}

    /// How many connections are open.
    public var count: Int { state.withLock { $0.channels.count } }

    /// How many of them have left HTTP.
    public var upgradedCount: Int { state.withLock { $0.upgraded } }

    /// Takes a connection in until it closes; once ``closeAll()`` has been called it is closed at once.
    public func add(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        let isClosing = state.withLock { state in
            state.channels[key] = channel
            return state.isClosing
        }
        channel.closeFuture.whenComplete { _ in self.remove(key) }
        if isClosing { channel.close(promise: nil) }
    }

    /// Counts a connection as upgraded until it closes.
    public func markUpgraded(_ channel: any Channel) {
        state.withLock { $0.upgraded += 1 }
        channel.closeFuture.whenComplete { _ in self.state.withLock { $0.upgraded -= 1 } }
    }

    /// Asks every connection to end in its own way: what is being answered is finished, WebSockets are told goodbye.
    public func quiesce() {
        for channel in state.withLock({ Array($0.channels.values) }) {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    /// Closes what is still open, and whatever comes from now on.
    public func closeAll() {
        let channels = state.withLock { state in
            state.isClosing = true
            return Array(state.channels.values)
        }
        for channel in channels {
            // A response that its client does not read would hold a plain close back.
            channel.pipeline.fireUserInboundEventTriggered(ConnectionMustClose())
            channel.close(promise: nil)
        }
    }

    /// Returns when no connection is open.
    public func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.channels.isEmpty { state.waiters.append(continuation) }
                return state.channels.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }

    private func remove(_ key: ObjectIdentifier) {
        let waiters = state.withLock { state in
            state.channels[key] = nil
            guard state.channels.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
