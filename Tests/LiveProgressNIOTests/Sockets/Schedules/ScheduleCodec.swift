// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// What stands between a client's socket and its WebSocket: nothing, or encryption.
protocol ScheduleCodec: AnyObject {
    /// Bytes for the socket before any others, such as the beginning of a handshake.
    func begin() throws -> ByteBuffer
    /// What is written, as bytes for the socket.
    func encode(_ bytes: ByteBuffer) throws -> ByteBuffer
    /// What the socket received, as bytes to read and bytes to send in answer.
    func decode(_ bytes: ByteBuffer) throws -> (received: ByteBuffer, answer: ByteBuffer)
}

/// Bytes as they are.
final class PlainCodec: ScheduleCodec {
    func begin() -> ByteBuffer { ByteBuffer() }
    func encode(_ bytes: ByteBuffer) -> ByteBuffer { bytes }
    func decode(_ bytes: ByteBuffer) -> (received: ByteBuffer, answer: ByteBuffer) { (bytes, ByteBuffer()) }
}
