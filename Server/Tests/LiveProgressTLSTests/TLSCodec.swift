// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOEmbedded
import NIOSSL

/// A client's end of an encrypted connection, driven by hand.
final class TLSCodec: ScheduleCodec {
    private let channel = EmbeddedChannel()

    init(_ context: NIOSSLContext) throws {
        let handler = try NIOSSLClientHandler(context: context, serverHostname: nil)
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    deinit {
        // A pipeline holds its handlers, and they it, until its channel has ended: for want of an answer to its goodbye, in time.
        channel.close(promise: nil)
        channel.embeddedEventLoop.advanceTime(by: .minutes(1))
    }

    func begin() throws -> ByteBuffer {
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        return try takeOutbound()
    }

    func encode(_ bytes: ByteBuffer) throws -> ByteBuffer {
        // While the handshake goes on the handler keeps it, and gives it out behind the handshake's last bytes.
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
