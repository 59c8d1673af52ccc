// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOEmbedded
import NIOSSL

/// The client side of a TLS connection, run on an embedded channel.
final class TLSCodec: ScheduleCodec {
    private let channel = EmbeddedChannel()

    init(_ context: NIOSSLContext) throws {
        let handler = try NIOSSLClientHandler(context: context, serverHostname: nil)
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    deinit {
        // A pipeline and its handlers hold each other until the channel has closed. The peer does not answer the close_notify,
        // so the channel closes at the handler's timeout.
        channel.close(promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .minutes(1))
    }

    func begin() throws -> ByteBuffer {
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        return try takeOutbound()
    }

    func encode(_ bytes: ByteBuffer) throws -> ByteBuffer {
        // During the handshake, the handler keeps the bytes, and writes them after the last bytes of the handshake.
        channel.writeAndFlush(bytes, promise: nil)
        return try takeOutbound()
    }

    func decode(_ bytes: ByteBuffer) throws -> (received: ByteBuffer, answer: ByteBuffer) {
        try channel.writeInbound(bytes)
        var received = ByteBuffer()
        while let piece = try channel.readInbound(as: ByteBuffer.self) { received.writeImmutableBuffer(piece) }
        return (received, try takeOutbound())
    }

    private func takeOutbound() throws -> ByteBuffer {
        var bytes = ByteBuffer()
        while let piece = try channel.readOutbound(as: ByteBuffer.self) { bytes.writeImmutableBuffer(piece) }
        return bytes
    }
}
