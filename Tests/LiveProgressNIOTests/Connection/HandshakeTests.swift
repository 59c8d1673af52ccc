// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOEmbedded
import NIOTLS
import Testing

@testable @_spi(Server) import LiveProgressNIO

@Suite("The TLS handshake")
struct HandshakeTests {
    /// A connection during its TLS handshake, and the protocols that ALPN has chosen.
    private final class Handshake {
        let channel = EmbeddedChannel()
        let registry = ConnectionRegistry()
        var agreed: [String?] = []

        init() throws {
            let setup = ConnectionSetup(registry: registry) { _, _ in .http }
            try setup.secure(channel, by: [NeverClosing()]) { [unowned self] in agreed.append($0) }
            channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        }

        func fire(_ event: any Sendable) { channel.pipeline.fireUserInboundEventTriggered(event) }
    }

    @Test("the ALPN protocol is reported once, and ends the handshake deadline", arguments: ["h2", "http/1.1", nil])
    func begins(agreement: String?) throws {
        let handshake = try Handshake()
        #expect(handshake.registry.count == 1)
        handshake.fire(TLSUserEvent.handshakeCompleted(negotiatedProtocol: agreement))
        handshake.fire(TLSUserEvent.handshakeCompleted(negotiatedProtocol: agreement))
        handshake.channel.embeddedEventLoop.advanceTime(by: .seconds(60))
        #expect(handshake.agreed == [agreement])
        #expect(handshake.channel.isActive)
    }

    @Test("a handshake that takes too long is cut off")
    func isBounded() throws {
        let handshake = try Handshake()
        handshake.channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(handshake.channel.isActive)
        handshake.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!handshake.channel.isActive)
        #expect(handshake.registry.count == 0)
        #expect(handshake.agreed.isEmpty)
    }

    @Test("a connection during its handshake is closed when the server shuts down")
    func goesWithServer() throws {
        let handshake = try Handshake()
        handshake.registry.quiesce()
        handshake.channel.embeddedEventLoop.run()
        #expect(!handshake.channel.isActive)
    }

    @Test("a connection is closed if its client closes or its handshake fails")
    func fails() throws {
        let hangingUp = try Handshake()
        hangingUp.fire(ChannelEvent.inputClosed)
        #expect(!hangingUp.channel.isActive)
        let failing = try Handshake()
        failing.channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "read"))
        #expect(!failing.channel.isActive)
    }

    @Test("closeAll closes an encrypted connection even if its client does not send close_notify")
    func cutsOff() throws {
        let handshake = try Handshake()
        handshake.fire(TLSUserEvent.handshakeCompleted(negotiatedProtocol: nil))
        handshake.channel.close(promise: nil)
        #expect(handshake.channel.isActive, "the connection waits for close_notify")
        handshake.registry.closeAll()
        #expect(!handshake.channel.isActive)
    }
}

/// A handler in place of TLS whose close never completes, as if the peer sent no close_notify.
private final class NeverClosing: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {}
}
