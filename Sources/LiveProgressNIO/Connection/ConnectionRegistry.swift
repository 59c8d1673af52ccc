// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
package import NIOCore
import Synchronization

/// The event that tells a connection to close, even if bytes are still to be written.
struct ConnectionMustClose: Sendable {}

/// The open connections of a server; shutdown waits for them and can close them.
///
/// A connection is removed when it closes. Adding and removing take constant time, and any thread may do it.
@_spi(Server) public final class ConnectionRegistry: Sendable {
    private struct Entry {
        let channel: any Channel
        let group: AddressGroup?
        var isUpgraded = false
    }

    private struct State {
        var entries: [ObjectIdentifier: Entry] = [:]
        var upgraded = 0
        var closed: UInt64 = 0
        var admission = ConnectionAdmission()
        var isQuiescing = false
        var isClosing = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    private let deadlines = Mutex<[ObjectIdentifier: NIOLoopBound<HeadDeadlines>]>([:])

    /// Creates an empty registry.
    @_spi(Server) public init() {}

    /// The number of open connections.
    @_spi(Server) public var count: Int { state.withLock { $0.entries.count } }

    /// The number of open connections that have left HTTP.
    @_spi(Server) public var upgradedCount: Int { state.withLock { $0.upgraded } }

    /// The number of connections that have closed so far.
    @_spi(Server) public var closedCount: UInt64 { state.withLock { $0.closed } }

    /// Adds a connection until it closes.
    ///
    /// During shutdown, the registry asks the connection to end, or closes it, immediately. A connection past a limit is not
    /// added. If it receives a response, it is counted separately until it closes. A connection that was added before stays.
    func add(
        _ channel: any Channel,
        limits: ConnectionLimits,
        proxies: TrustedProxies
    ) -> ConnectionAdmission.Verdict {
        let key = ObjectIdentifier(channel)
        let isCounted = limits.maximumConnectionsPerAddress != nil
        let group = isCounted ? AddressGroup(channel.remoteAddress, sharedBy: proxies) : nil
        let (isNew, verdict, isQuiescing, isClosing) = state.withLock { state in
            guard state.entries[key] == nil else {
                return (false, ConnectionAdmission.Verdict.admitted, state.isQuiescing, state.isClosing)
            }
            let verdict = state.admission.arrived(group, limits: limits)
            if verdict == .admitted { state.entries[key] = Entry(channel: channel, group: group) }
            return (true, verdict, state.isQuiescing, state.isClosing)
        }
        guard isNew else { return verdict }
        switch verdict {
        case .dropped: return verdict
        case .refused:
            channel.closeFuture.whenComplete { _ in self.state.withLock { $0.admission.tookLeave() } }
            return verdict
        case .admitted: channel.closeFuture.whenComplete { _ in self.remove(key) }
        }
        if isClosing {
            channel.close(promise: nil)
        } else if isQuiescing {
            // The handlers must be in the pipeline before the event can reach them.
            channel.eventLoop.execute { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        }
        return verdict
    }

    /// Counts a connection as upgraded until it closes.
    package func markUpgraded(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        state.withLock { state in
            // A connection that has closed meanwhile is not counted any more.
            guard state.entries[key]?.isUpgraded == false else { return }
            state.entries[key]?.isUpgraded = true
            state.upgraded += 1
        }
    }

    /// Asks every connection, and every later one, to end: HTTP connections finish their responses, WebSockets close with 1001.
    package func quiesce() {
        let channels = state.withLock { state in
            state.isQuiescing = true
            return state.entries.values.map(\.channel)
        }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    /// Closes all open connections, and every later one.
    @_spi(Server) public func closeAll() {
        let channels = state.withLock { state in
            state.isClosing = true
            return state.entries.values.map(\.channel)
        }
        for channel in channels {
            // A response that the client does not read would delay a plain close.
            channel.pipeline.fireUserInboundEventTriggered(ConnectionMustClose())
            channel.close(promise: nil)
        }
    }

    /// Returns when no connection is open.
    @_spi(Server) public func waitUntilEmpty() async {
        await withCheckedContinuation { continuation in
            let isEmpty = state.withLock { state in
                if !state.entries.isEmpty { state.waiters.append(continuation) }
                return state.entries.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }

    /// Returns the deadlines of the connections that have sent nothing yet; call it on their event loop.
    func headDeadlines(on eventLoop: any EventLoop) -> HeadDeadlines {
        let key = ObjectIdentifier(eventLoop)
        if let deadlines = deadlines.withLock({ $0[key] }) { return deadlines.value }
        // Only this event loop makes this entry, so no other thread can have made it meanwhile.
        let made = HeadDeadlines(eventLoop: eventLoop)
        deadlines.withLock { $0[key] = NIOLoopBound(made, eventLoop: eventLoop) }
        return made
    }

    private func remove(_ key: ObjectIdentifier) {
        let waiters = state.withLock { state in
            if let entry = state.entries.removeValue(forKey: key) {
                state.closed += 1
                state.admission.left(entry.group)
                if entry.isUpgraded { state.upgraded -= 1 }
            }
            guard state.entries.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}
