// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOTLS

/// The handler of one connection: passes bytes through the parser, drives the handshake, and gives the client its operations.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let address: NATSAddress
    private let configuration: NATSConfiguration
    private let client: NATSConnection
    private let opened: EventLoopPromise<ServerInfo>
    private var handshake: ConnectionHandshake
    private var parser: NATSParser
    private var deadline: Scheduled<Void>?

    init(to address: NATSAddress, for client: NATSConnection, opened: EventLoopPromise<ServerInfo>) {
        self.address = address
        self.client = client
        self.opened = opened
        configuration = client.configuration
        handshake = ConnectionHandshake(to: address, with: configuration)
        parser = NATSParser(maximumMessage: configuration.maximumMessageBytes)
    }

    func channelActive(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: TimeAmount(configuration.connectTimeout)) {
            let (handler, context) = bound.value
            handler.fail(
                NATSError(.timedOut, "\(handler.address) accepted the connection, but sent no response in time."),
                context
            )
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        parser.append(unwrapInboundIn(data))
        do {
            while let operation = try parser.next() { try take(operation, context) }
        } catch {
            fail(error, context)
        }
    }

    private func take(_ operation: ServerOperation, _ context: ChannelHandlerContext) throws(NATSError) {
        if case .ping = operation { return send([.pong], context) }
        guard !handshake.isOpen else { return try client.receive(operation, from: address) }
        try perform(try handshake.receive(operation), context)
    }

    private func perform(_ action: ConnectionHandshake.Action, _ context: ChannelHandlerContext) throws(NATSError) {
        switch action {
        case .wait: break
        case .startTLS: try startTLS(context)
        case .send(let options): send([.connect(options), .ping], context)
        case .open(let info):
            deadline?.cancel()
            // The client attaches now, so it receives every later operation of this read.
            client.attach(context.channel, info, of: address)
            opened.succeed(info)
        }
    }

    private func startTLS(_ context: ChannelHandlerContext) throws(NATSError) {
        // Bytes that came with INFO, without protection, must not be read as if they came over TLS.
        guard parser.buffer.readableBytes == 0 else {
            throw NATSError(
                .insecure,
                "\(address) sent data before TLS was established, which an attacker may have inserted."
            )
        }
        let handler = try TransportSecurity(configuration.tls).makeHandler(for: address)
        do {
            try context.pipeline.syncOperations.addHandler(handler, position: .first)
        } catch {
            throw NATSError(.insecure, "TLS with \(address) cannot start (\(error)).")
        }
    }

    private func send(_ operations: [ClientOperation], _ context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: 256)
        for operation in operations { buffer.write(operation) }
        context.writeAndFlush(wrapOutboundOut(buffer), promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted = event {
            do {
                try perform(try handshake.secured(), context)
            } catch {
                fail(error, context)
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { client.flushOutbox(of: context.channel) }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let known = error as? NATSError ?? TransportSecurity.explanation(of: error, at: address)
        fail(known ?? NATSError(.disconnected, "The connection to \(address) broke (\(error))."), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(NATSError(.disconnected, "\(address) closed the connection."), context)
        context.fireChannelInactive()
    }

    /// Ends the connection; only the first error counts.
    private func fail(_ error: NATSError, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        opened.fail(error)
        client.detach(context.channel, for: error)
        context.close(promise: nil)
    }
}
