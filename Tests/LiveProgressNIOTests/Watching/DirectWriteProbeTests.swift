// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOPosix
import Testing

@testable import LiveProgressNIO

@Suite("The probe for direct writes to a socket")
struct DirectWriteProbeTests {
    /// Returns whether a channel with the handler permits direct writes to its socket.
    private func mayWriteDirectly(past handler: @escaping @Sendable () -> (any ChannelHandler)?) async throws -> Bool {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: server.localAddress?.port ?? 0).get()
        let isDirect = try await channel.eventLoop.submit {
            if let handler = handler() { try channel.pipeline.syncOperations.addHandler(handler) }
            let bytes = ByteBuffer(string: "frames")
            return DirectWriteProbe.socket(of: channel, writing: bytes) { channel.writeAndFlush(bytes, promise: nil) }
                != nil
        }.get()
        try await channel.close()
        try await server.close()
        return isDirect
    }

    @Test("A socket whose bytes no handler changes permits direct writes")
    func plain() async throws {
        #expect(try await mayWriteDirectly { nil })
    }

    @Test("A handler that changes bytes, like encryption, prevents direct writes")
    func changed() async throws {
        #expect(try await !mayWriteDirectly { Scrambler() })
    }

    @Test("A handler that holds back bytes, like compression, prevents direct writes")
    func heldBack() async throws {
        #expect(try await !mayWriteDirectly { Hoarder() })
    }

    /// A handler that changes the bytes that it writes.
    private final class Scrambler: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            let bytes = Self.unwrapOutboundIn(data).readableBytesView.map { $0 ^ 0x55 }
            context.write(Self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: promise)
        }
    }

    /// A handler that writes nothing.
    private final class Hoarder: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            promise?.succeed()
        }
    }
}
