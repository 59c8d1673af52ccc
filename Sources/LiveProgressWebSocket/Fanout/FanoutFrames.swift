// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// A batch as bytes for the wire, shared by all who get it.
struct FanoutFrames {
    /// All frames, the close frame too; `nil` where there is nothing to send.
    let bytes: ByteBuffer?
    let position: FanoutPosition
    let close: WebSocketCloseReason?

    init(_ batch: FanoutBatch) {
        position = batch.position
        close = batch.close
        guard !batch.messages.isEmpty || batch.close != nil else {
            bytes = nil
            return
        }
        let encoder = FrameEncoder(role: .server)
        var bytes = ByteBuffer()
        bytes.reserveCapacity(batch.messages.reduce(128) { $0 + $1.count + 10 })
        for message in batch.messages { Self.append(message, isCompressed: batch.isDeflated, to: &bytes) }
        if let close = batch.close { encoder.encode(.close, close.payload, into: &bytes) }
        self.bytes = bytes
    }

    /// A text message in one frame, as a server writes it.
    private static func append(_ message: ArraySlice<UInt8>, isCompressed: Bool, to bytes: inout ByteBuffer) {
        FrameHeader(opcode: .text, length: message.count, isCompressed: isCompressed).write(to: &bytes)
        bytes.writeBytes(message)
    }
}
