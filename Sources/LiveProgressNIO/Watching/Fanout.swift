// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import NIOCore
import Synchronization

/// All watchers of a server, grouped by event loop.
final class Fanout: Sendable {
    private let configuration: WatcherConfiguration
    private let onLimit: @Sendable (WebSocketLimit) -> Void
    private let loops = Mutex<[ObjectIdentifier: NIOLoopBound<FanoutLoop>]>([:])

    /// Creates the fan-out of a server; one object serves any number of sources.
    /// - Parameters:
    ///   - configuration: The settings for watchers.
    ///   - onLimit: Called on a watcher's event loop when the watcher is closed because it exceeded a limit.
    init(
        configuration: WatcherConfiguration = WatcherConfiguration(),
        onLimit: @escaping @Sendable (WebSocketLimit) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.onLimit = onLimit
    }

    /// Returns the watchers of an event loop; call it on that loop.
    func loop(_ eventLoop: any EventLoop) -> FanoutLoop {
        eventLoop.preconditionInEventLoop()
        let key = ObjectIdentifier(eventLoop)
        if let loop = loops.withLock({ $0[key] }) { return loop.value }
        // Only this event loop makes this entry, so no other thread can have made it meanwhile.
        let loop = FanoutLoop(eventLoop: eventLoop, configuration: configuration, onLimit: onLimit)
        loops.withLock { $0[key] = NIOLoopBound(loop, eventLoop: eventLoop) }
        return loop
    }
}
