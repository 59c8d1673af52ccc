// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOPosix
import Testing

@testable import LiveProgressNIO

@Suite("Finding out whether a socket may be written directly")
struct DirectWriteProbeTests {
    /// What a channel with a handler between us and its socket says.
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

    @Test("A socket whose bytes nobody touches may")
    func plain() async throws {
        #expect(try await mayWriteDirectly { nil })
    }

    @Test("One behind a handler that changes bytes, as encryption does, may not")
    func changed() async throws {
        #expect(try await !mayWriteDirectly { Scrambler() })
    }

    @Test("One behind a handler that holds bytes back, as compression does, may not")
    func heldBack() async throws {
        #expect(try await !mayWriteDirectly { Hoarder() })
    }

    /// Writes other bytes than it is given.
    private final class Scrambler: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            let bytes = Self.unwrapOutboundIn(data).readableBytesView.map { $0 ^ 0x55 }
            context.write(Self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: promise)
        }
    }

    /// Writes nothing.
    private final class Hoarder: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            promise?.succeed()
        }
    }
}
