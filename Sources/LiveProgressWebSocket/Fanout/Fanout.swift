// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// The watchers of one event loop: a topic for each source that any of them follows.
///
/// Belongs to the event loop.
final class Fanout {
    let timers: LoopTimers
    var timerPlace = LoopTimerPlace()

    private let eventLoop: any EventLoop
    private let configuration: WatcherConfiguration
    private let settings: SharedConfiguration
    let onLimit: @Sendable (WebSocketLimit) -> Void
    private var topics: [ObjectIdentifier: FanoutTopic] = [:]
    private var members: [ObjectIdentifier: FanoutMember] = [:]
    private var slow: ContiguousArray<FanoutMember> = []

    init(
        eventLoop: any EventLoop,
        configuration: WatcherConfiguration,
        onLimit: @escaping @Sendable (WebSocketLimit) -> Void = { _ in }
    ) {
        self.eventLoop = eventLoop
        self.configuration = configuration
        self.settings = SharedConfiguration(configuration.connection)
        self.onLimit = onLimit
        self.timers = LoopTimers(eventLoop: eventLoop)
    }

    var memberCount: Int { members.count }
    var topicCount: Int { topics.count }

    /// A handler for a newcomer; once in the pipeline of an active channel it joins.
    func makeHandler(
        source: any FanoutSource,
        cursor: String?,
        compression: WebSocketCompression? = nil,
        visitor: (any FanoutVisitor)?,
        holding object: (any AnyObject & Sendable)?
    ) -> WebSocketHandler {
        let machine = WebSocketConnection(
            role: .server,
            settings: settings,
            compression: compression
        )
        let visit = visitor.map { FanoutVisit($0, timers: timers, eventLoop: eventLoop) }
        let member = FanoutMember(fanout: self, source: source, cursor: cursor, visit: visit, holding: object)
        return WebSocketHandler(
            machine: machine,
            timers: timers,
            writePath: configuration.writePath,
            delegate: member
        )
    }

    /// The topic of a source, made for its first watcher.
    func enter(_ member: FanoutMember, source: any FanoutSource) -> FanoutTopic {
        members[ObjectIdentifier(member)] = member
        let key = ObjectIdentifier(source)
        if let topic = topics[key] { return topic }
        let topic = FanoutTopic(source: source, waker: FanoutWaker(eventLoop: eventLoop))
        topics[key] = topic
        return topic
    }

    /// A member has left its topic, which goes with its last one.
    func left(_ member: FanoutMember, _ topic: FanoutTopic) {
        members[ObjectIdentifier(member)] = nil
        guard topic.isEmpty else { return }
        topics[ObjectIdentifier(topic.source)] = nil
        topic.detach()
    }

    /// Closes every watcher.
    func closeAll(_ reason: WebSocketCloseReason) {
        for member in Array(members.values) { member.close(reason) }
    }
}

extension Fanout: LoopTimed {
    /// The member's channel takes no bytes.
    func becameSlow(_ member: FanoutMember) {
        guard member.slowSince == nil else { return }
        member.slowSince = eventLoop.now
        member.slowIndex = slow.count
        slow.append(member)
        if slow.count == 1 { timers.start(self, after: .seconds(1)) }
    }

    /// The member's channel takes bytes again, or nobody waits for that any more.
    func becameFast(_ member: FanoutMember) {
        guard member.slowSince != nil else { return }
        member.slowSince = nil
        let last = slow.removeLast()
        guard last !== member else { return }
        slow[member.slowIndex] = last
        last.slowIndex = member.slowIndex
    }

    func timerFired() {
        let now = eventLoop.now
        let limit = TimeAmount(configuration.slowLimit)
        let late = slow.filter { member in member.slowSince.map { $0 + limit <= now } ?? false }
        for member in late {
            onLimit(.unreadTime)
            member.close(WebSocketCloseReason(code: 4008, reason: "Too slow for too long: reconnect."))
        }
        if !slow.isEmpty { timers.start(self, after: .seconds(1)) }
    }
}
