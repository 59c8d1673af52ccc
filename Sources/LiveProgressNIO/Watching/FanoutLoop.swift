// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import LiveProgressWire
import NIOCore

/// The watchers of one event loop: a topic for each source that any of them follows.
///
/// Belongs to the event loop.
final class FanoutLoop {
    let eventLoop: any EventLoop
    let timers: LoopTimers
    let configuration: WatcherConfiguration
    let onLimit: @Sendable (WebSocketLimit) -> Void
    var timerPlace = LoopTimerPlace()

    private let settings: SharedConfiguration
    private var topics: [ObjectIdentifier: FanoutTopic] = [:]
    private var slow: ContiguousArray<Watcher> = []
    private(set) var watcherCount = 0

    init(
        eventLoop: any EventLoop,
        configuration: WatcherConfiguration,
        onLimit: @escaping @Sendable (WebSocketLimit) -> Void
    ) {
        self.eventLoop = eventLoop
        self.configuration = configuration
        self.settings = SharedConfiguration(configuration.connection)
        self.onLimit = onLimit
        self.timers = LoopTimers(eventLoop: eventLoop)
    }

    var topicCount: Int { topics.count }

    /// The one handler of a watcher, for a pipeline whose HTTP handlers are gone.
    ///
    /// In the pipeline of an active channel it writes the first messages, and the channel is the watcher's until it closes.
    /// - Parameters:
    ///   - watcher: The watcher, which joins its source then.
    ///   - compression: What was agreed on for what the watcher sends; its source compresses what it gets.
    /// - Returns: The handler.
    func makeHandler(for watcher: Watcher, compression: WebSocketCompression? = nil) -> WebSocketHandler {
        WebSocketHandler(
            machine: WebSocketConnection(role: .server, settings: settings, compression: compression),
            timers: timers,
            delegate: watcher
        )
    }

    /// The topic of a source, made for its first watcher.
    func enter(_ source: any FanoutSource) -> FanoutTopic {
        watcherCount += 1
        let key = ObjectIdentifier(source)
        if let topic = topics[key] { return topic }
        let topic = FanoutTopic(source: source, waker: FanoutWaker(eventLoop: eventLoop))
        topics[key] = topic
        return topic
    }

    /// A watcher has left its topic, which ends with its last one.
    func left(_ topic: FanoutTopic) {
        watcherCount -= 1
        guard topic.isEmpty else { return }
        topics[ObjectIdentifier(topic.source)] = nil
        topic.end()
    }
}
extension FanoutLoop: LoopTimed {
    /// The watcher's channel takes no bytes.
    func becameSlow(_ watcher: Watcher) {
        guard watcher.slowSince == nil else { return }
        watcher.slowSince = eventLoop.now
        watcher.slowIndex = slow.count
        slow.append(watcher)
        if slow.count == 1 { timers.start(self, after: .seconds(1)) }
    }

    /// The watcher's channel takes bytes again, or the watcher leaves.
    func becameFast(_ watcher: Watcher) {
        guard watcher.slowSince != nil else { return }
        watcher.slowSince = nil
        let last = slow.removeLast()
        guard last !== watcher else { return }
        slow[watcher.slowIndex] = last
        last.slowIndex = watcher.slowIndex
    }

    func timerFired() {
        let now = eventLoop.now
        let limit = TimeAmount(configuration.slowLimit)
        let late = slow.filter { watcher in watcher.slowSince.map { $0 + limit <= now } ?? false }
        for watcher in late {
            onLimit(.unreadTime)
            watcher.close(WebSocketCloseReason(.tooSlow))
        }
        if !slow.isEmpty { timers.start(self, after: .seconds(1)) }
    }
}
