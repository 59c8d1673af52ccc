// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// Makes a watcher out of an upgraded server channel.
public enum WatcherChannel {
    /// The one handler of a watcher, for a pipeline that the caller arranges; call it on the channel's event loop.
    ///
    /// Once in the pipeline of an active channel it writes the first messages, and the channel is the watcher's until it
    /// closes. It takes and gives `ByteBuffer`s; what stands behind it sees none of them.
    /// - Parameters:
    ///   - eventLoop: The channel's event loop.
    ///   - source: What it watches.
    ///   - cursor: What the client brought to go on from.
    ///   - fanouts: The server's fan-outs.
    /// - Returns: The handler.
    public static func makeHandler(
        on eventLoop: any EventLoop,
        source: any FanoutSource,
        cursor: String?,
        fanouts: Fanouts
    ) -> any ChannelHandler {
        fanouts.fanout(on: eventLoop).makeHandler(source: source, cursor: cursor)
    }

    /// Puts the one handler of a watcher into the pipeline; the first messages are written at once.
    ///
    /// To be called when the handshake has been answered and the HTTP handlers are gone, as in the `upgraded` closure of
    /// a ``WebSocketUpgrade``. From then on the channel is the watcher's until it closes.
    /// - Parameters:
    ///   - channel: The upgraded channel.
    ///   - source: What it watches.
    ///   - cursor: What the client brought to go on from.
    ///   - fanouts: The server's fan-outs.
    /// - Returns: A future that succeeds when the handler is in place.
    public static func configure(
        _ channel: any Channel,
        source: any FanoutSource,
        cursor: String?,
        fanouts: Fanouts
    ) -> EventLoopFuture<Void> {
        channel.eventLoop.submit {
            let pipeline = channel.pipeline.syncOperations
            let handler = fanouts.fanout(on: channel.eventLoop).makeHandler(source: source, cursor: cursor)
            // Handlers behind the upgrade's belong to HTTP and must not see frames.
            let upgrade = try? pipeline.context(name: webSocketUpgradeHandlerName)
            try pipeline.addHandler(handler, position: upgrade.map { .after($0.handler) } ?? .last)
        }
    }
}

/// The name of the upgrade's handler in the pipeline.
let webSocketUpgradeHandlerName = "live-progress.websocket-upgrade"
