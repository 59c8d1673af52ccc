// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
public import NIOCore
import Synchronization

/// Tells a connection that its time is over, whatever is still to be written.
struct ConnectionMustClose: Sendable {}

/// The open connections of a server, so that going away can wait for them and has an end.
///
/// A connection leaves by itself when it closes. Adding and removing take constant time, from any thread.
public final class ConnectionRegistry: Sendable {
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

    /// An empty registry.
    public init() {}

    /// How many connections are open.
    public var count: Int { state.withLock { $0.entries.count } }

    /// How many of them have left HTTP.
    public var upgradedCount: Int { state.withLock { $0.upgraded } }

    /// How many connections have been open and have closed.
    public var closedCount: UInt64 { state.withLock { $0.closed } }

    /// Takes a connection in until it closes; once the registry is going away it is asked to end, or closed, at once.
    ///
    /// A connection past a limit is not taken in: whoever is told so stays counted apart until it has gone. One that is there
    /// already stays as it is.
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
            // When its handlers are there to be asked.
            channel.eventLoop.execute { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        }
        return verdict
    }

    /// Counts a connection as upgraded until it closes.
    public func markUpgraded(_ channel: any Channel) {
        let key = ObjectIdentifier(channel)
        state.withLock { state in
            // One that has closed meanwhile is not counted any more.
            guard state.entries[key]?.isUpgraded == false else { return }
            state.entries[key]?.isUpgraded = true
            state.upgraded += 1
        }
    }

    /// Asks every connection to end in its own way, those that come from now on too: what is being answered is finished,
    /// WebSockets are told goodbye.
    public func quiesce() {
        let channels = state.withLock { state in
            state.isQuiescing = true
            return state.entries.values.map(\.channel)
        }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    /// Closes what is still open, and whatever comes from now on.
    public func closeAll() {
        let channels = state.withLock { state in
            state.isClosing = true
            return state.entries.values.map(\.channel)
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
                if !state.entries.isEmpty { state.waiters.append(continuation) }
                return state.entries.isEmpty
            }
            if isEmpty { continuation.resume() }
        }
    }

    /// Who has still to send something on an event loop; call it on that loop.
    func headDeadlines(on eventLoop: any EventLoop) -> HeadDeadlines {
        let key = ObjectIdentifier(eventLoop)
        if let deadlines = deadlines.withLock({ $0[key] }) { return deadlines.value }
        // Only this loop makes this entry, so that nobody can have come between.
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
