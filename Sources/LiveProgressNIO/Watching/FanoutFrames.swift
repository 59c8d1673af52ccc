// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import NIOCore

/// The result of one read of a source: frames that all watchers with the same position share.
struct FanoutFrames {
    /// All frames, including the close frame; `nil` if there is nothing to send.
    let bytes: ByteBuffer?
    /// The position of a watcher after the frames.
    let position: FanoutPosition
    /// Why the connection closes after the frames; `nil` if more may follow.
    let close: WebSocketCloseReason?
    /// Whether the source already has more to read.
    let hasMore: Bool

    /// Creates one text frame per message, compressed if the watchers negotiated compression.
    init(
        _ messages: [ArraySlice<UInt8>],
        position: FanoutPosition,
        close: WebSocketCloseReason? = nil,
        hasMore: Bool = false,
        deflated: DeflatedMessages? = nil
    ) {
        (self.position, self.close, self.hasMore) = (position, close, hasMore)
        guard !messages.isEmpty || close != nil else {
            bytes = nil
            return
        }
        var bytes = ByteBuffer()
        bytes.reserveCapacity(messages.reduce(128) { $0 + $1.count + 10 })
        for message in messages {
            let compressed = deflated?[message]
            let payload = compressed ?? message
            FrameHeader(opcode: .text, length: payload.count, isCompressed: compressed != nil).write(to: &bytes)
            bytes.writeBytes(payload)
        }
        if let close { FrameEncoder(role: .server).encode(.close, close.payload, into: &bytes) }
        self.bytes = bytes
    }
}
