// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import NIOCore

/// What one read of a source gives, as bytes for the wire that all watchers at one position share.
struct FanoutFrames {
    /// All frames, the close frame too; `nil` where there is nothing to send.
    let bytes: ByteBuffer?
    /// Where a watcher stands after the frames.
    let position: FanoutPosition
    /// Why the connection closes after the frames; `nil` while more may come.
    let close: WebSocketCloseReason?
    /// Whether the source has more to read already.
    let hasMore: Bool

    /// Text messages in one frame each, compressed where the watchers agreed to that.
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
