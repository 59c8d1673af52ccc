// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// Makes a watcher out of an upgraded server channel.
public enum WatcherChannel {
    /// The one handler of a watcher, for a pipeline whose HTTP handlers are gone; call it on the channel's event loop.
    ///
    /// Once in the pipeline of an active channel it writes the first messages, and the channel is the watcher's until it
    /// closes. It takes and gives `ByteBuffer`s; what stands behind it sees none of them.
    /// - Parameters:
    ///   - eventLoop: The channel's event loop.
    ///   - source: What it watches.
    ///   - cursor: What the client brought to go on from.
    ///   - fanouts: The server's fan-outs.
    ///   - compression: What was agreed on for what the watcher sends; what it gets is for the source to compress.
    ///   - visitor: What is known of this watcher alone; without it the source answers its messages.
    ///   - object: Held as long as the watcher is there, such as its place among a limited number.
    /// - Returns: The handler.
    public static func makeHandler(
        on eventLoop: any EventLoop,
        source: any FanoutSource,
        cursor: String?,
        fanouts: Fanouts,
        compression: WebSocketCompression? = nil,
        visitor: (any FanoutVisitor)? = nil,
        holding object: (any AnyObject & Sendable)? = nil
    ) -> any ChannelHandler {
        fanouts.fanout(on: eventLoop)
            .makeHandler(source: source, cursor: cursor, compression: compression, visitor: visitor, holding: object)
    }
}
