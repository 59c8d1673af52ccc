// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// The layer between a client's socket and its WebSocket: none, or encryption.
protocol ScheduleCodec: AnyObject {
    /// Returns the first bytes for the socket, such as the start of a handshake.
    func begin() throws -> ByteBuffer
    /// Returns the bytes for the socket.
    func encode(_ bytes: ByteBuffer) throws -> ByteBuffer
    /// Returns the decoded bytes, and the bytes to send in response.
    func decode(_ bytes: ByteBuffer) throws -> (received: ByteBuffer, answer: ByteBuffer)
}

/// A codec that changes no bytes.
final class PlainCodec: ScheduleCodec {
    func begin() -> ByteBuffer { ByteBuffer() }
    func encode(_ bytes: ByteBuffer) -> ByteBuffer { bytes }
    func decode(_ bytes: ByteBuffer) -> (received: ByteBuffer, answer: ByteBuffer) { (bytes, ByteBuffer()) }
}
