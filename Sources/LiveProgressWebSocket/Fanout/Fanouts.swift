// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore
internal import Synchronization

/// The fan-outs of a server, one for each of its event loops.
public final class Fanouts: Sendable {
    private let configuration: WatcherConfiguration
    private let onLimit: @Sendable (WebSocketLimit) -> Void
    private let loops = Mutex<[ObjectIdentifier: NIOLoopBound<Fanout>]>([:])

    /// A server's fan-outs; one object serves any number of sources.
    /// - Parameters:
    ///   - configuration: How watchers are treated.
    ///   - onLimit: Told of each watcher that is closed because it went past a limit, on its event loop.
    public init(
        configuration: WatcherConfiguration = WatcherConfiguration(),
        onLimit: @escaping @Sendable (WebSocketLimit) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.onLimit = onLimit
    }

    /// Begins the close handshake with every watcher.
    ///
    /// - Parameter reason: What they are told; by default 1001, the server is going away.
    public func closeAll(
        _ reason: WebSocketCloseReason = WebSocketCloseReason(code: 1001, reason: "The server is going away.")
    ) {
        for fanout in loops.withLock({ Array($0.values) }) {
            fanout.eventLoop.execute { fanout.value.closeAll(reason) }
        }
    }

    /// The fan-out of an event loop; call it on that loop.
    func fanout(on eventLoop: any EventLoop) -> Fanout {
        eventLoop.preconditionInEventLoop()
        let key = ObjectIdentifier(eventLoop)
        if let fanout = loops.withLock({ $0[key] }) { return fanout.value }
        // Only this loop makes this entry, so that nobody can have come between.
        let fanout = Fanout(eventLoop: eventLoop, configuration: configuration, onLimit: onLimit)
        loops.withLock { $0[key] = NIOLoopBound(fanout, eventLoop: eventLoop) }
        return fanout
    }
}
