// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import LiveProgressWire
import NIOCore

/// The watchers of one event loop, with one topic per source.
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

    /// Makes the only handler of a watcher, for a pipeline without HTTP handlers.
    ///
    /// In the pipeline of an active channel, the handler writes the first messages. The watcher then owns the channel until it
    /// closes.
    /// - Parameters:
    ///   - watcher: The watcher; it joins its source when the handler is added.
    ///   - compression: The negotiated compression of the watcher's own messages; the source compresses the messages to the
    ///     watcher.
    /// - Returns: The handler.
    func makeHandler(for watcher: Watcher, compression: WebSocketCompression? = nil) -> WebSocketHandler {
        WebSocketHandler(
            machine: WebSocketConnection(role: .server, settings: settings, compression: compression),
            timers: timers,
            delegate: watcher
        )
    }

    /// Returns the topic of a source; the first watcher of the source creates the topic.
    func enter(_ source: any FanoutSource) -> FanoutTopic {
        watcherCount += 1
        let key = ObjectIdentifier(source)
        if let topic = topics[key] { return topic }
        let topic = FanoutTopic(source: source, waker: FanoutWaker(eventLoop: eventLoop))
        topics[key] = topic
        return topic
    }

    /// Records that a watcher has left its topic; the last watcher ends the topic.
    func left(_ topic: FanoutTopic) {
        watcherCount -= 1
        guard topic.isEmpty else { return }
        topics[ObjectIdentifier(topic.source)] = nil
        topic.end()
    }
}
extension FanoutLoop: LoopTimed {
    /// Records that the watcher's channel takes no bytes.
    func becameSlow(_ watcher: Watcher) {
        guard watcher.slowSince == nil else { return }
        watcher.slowSince = eventLoop.now
        watcher.slowIndex = slow.count
        slow.append(watcher)
        if slow.count == 1 { timers.start(self, after: .seconds(1)) }
    }

    /// Records that the watcher's channel takes bytes again, or that the watcher leaves.
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
