// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import NIOCore
import Synchronization

/// All watchers of a server, in a part for each of its event loops.
final class Fanout: Sendable {
    private let configuration: WatcherConfiguration
    private let onLimit: @Sendable (WebSocketLimit) -> Void
    private let loops = Mutex<[ObjectIdentifier: NIOLoopBound<FanoutLoop>]>([:])

    /// A server's fan-out; one object serves any number of sources.
    /// - Parameters:
    ///   - configuration: How watchers are treated.
    ///   - onLimit: Called for each watcher that is closed because it exceeded a limit, on its event loop.
    init(
        configuration: WatcherConfiguration = WatcherConfiguration(),
        onLimit: @escaping @Sendable (WebSocketLimit) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.onLimit = onLimit
    }

    /// The part of an event loop; call it on that loop.
    func loop(_ eventLoop: any EventLoop) -> FanoutLoop {
        eventLoop.preconditionInEventLoop()
        let key = ObjectIdentifier(eventLoop)
        if let loop = loops.withLock({ $0[key] }) { return loop.value }
        // Only this loop makes this entry, so no other thread can have made it meanwhile.
        let loop = FanoutLoop(eventLoop: eventLoop, configuration: configuration, onLimit: onLimit)
        loops.withLock { $0[key] = NIOLoopBound(loop, eventLoop: eventLoop) }
        return loop
    }
}
