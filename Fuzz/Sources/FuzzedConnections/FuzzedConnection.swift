// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import NIOCore
internal import NIOEmbedded
public import NIOHTTP1

@_spi(Server) @testable internal import LiveProgressNIO

/// A connection to a server in memory with two operations: `op` has ended, and `live` is running.
public enum FuzzedConnection {
    /// What the client sees, and what the connection became.
    public struct Outcome: Equatable, CustomStringConvertible {
        /// All bytes that the server wrote.
        public var written: [UInt8] = []
        var became: String?
        var isActive = false
        var upgradedCount = 0

        /// Returns the outcome without its refusal, if exactly one of the two outcomes refuses too many fields.
        ///
        /// A field past the maximum number may also be malformed. Which error the decoder detects first depends on whether the
        /// field comes whole or in pieces.
        public func alike(_ other: Outcome) -> Outcome {
            guard (start(of: "HTTP/1.1 431 ") == nil) != (other.start(of: "HTTP/1.1 431 ") == nil) else { return self }
            var outcome = self
            if let start = start(of: "HTTP/1.1 431 ") ?? start(of: "HTTP/1.1 400 ") {
                outcome.written.replaceSubrange(start..., with: "a head that is refused".utf8)
            }
            return outcome
        }

        private func start(of text: String) -> Int? {
            written.indices.first { written[$0...].starts(with: text.utf8) }
        }

        /// The outcome as text: what the connection became, and what was written.
        public var description: String {
            "\(became ?? "nothing yet"), \(isActive ? "open" : "closed"), \(upgradedCount) upgraded: "
                + String(reflecting: String(decoding: written, as: UTF8.self))
        }
    }

    /// Runs a connection in memory.
    ///
    /// - Parameters:
    ///   - events: The events, until the connection closes.
    ///   - decidesLater: Whether a separate event decides about an upgrade.
    /// - Returns: What the client has seen at the end.
    public static func outcome(of events: [ConnectionEvent], decidesLater: Bool = false) -> Outcome {
        let loop = EmbeddedEventLoop()
        let outcome = outcome(of: events, decidesLater: decidesLater, on: loop)
        // The released connection may have left tasks in the loop.
        loop.run()
        return outcome
    }

    private static func outcome(
        of events: [ConnectionEvent],
        decidesLater: Bool,
        on loop: EmbeddedEventLoop
    ) -> Outcome {
        let server = FuzzedServer(decidesLater: decidesLater, loop: loop)
        let channel = EmbeddedChannel(handler: ClosableSocket(), loop: loop)
        let became = Became()
        try? server.connections.configure(channel, addHTTPHandlers: Self.addHTTPHandlers) {
            became.text = String(describing: $0)
        }
        if let address { channel.connect(to: address, promise: nil) }
        var outcome = Outcome()
        for event in events where channel.isActive {
            server.handle(event, on: channel)
            loop.run()
        }
        while let buffer = try? channel.readOutbound(as: ByteBuffer.self) {
            outcome.written += buffer.readableBytesView
        }
        outcome.became = became.text
        outcome.isActive = channel.isActive
        outcome.upgradedCount = server.hosting.registry.upgradedCount
        server.hosting.registry.closeAll()
        expect(!channel.isActive, "a connection that cannot be closed")
        // Pending decisions are made at the end, about a closed connection.
        server.handle(.decision, on: channel)
        _ = try? channel.finish(acceptAlreadyClosed: true)
        return outcome
    }

    private static func addHTTPHandlers(to channel: any Channel) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(EchoPath()) }
    }

    /// Returns the first head that the HTTP decoder finds.
    public static func decodedHead(of bytes: [UInt8]) -> HTTPRequestHead? {
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
        let channel = EmbeddedChannel(handler: decoder)
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        guard case .head(let head)? = try? channel.readInbound(as: HTTPServerRequestPart.self) else { return nil }
        return head
    }

    private static let address = try? SocketAddress(ipAddress: "127.0.0.1", port: 1)
}

/// Stores what the connection became; used on one thread.
private final class Became {
    var text: String?
}

/// Routes that answer every request with a description of the request.
private final class EchoPath: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private var heard = ""
    private var bodySize = 0

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            heard = "\(head.method) \(head.uri) \(head.version) \(head.headers)"
            bodySize = 0
        case .body(let bytes): bodySize += bytes.readableBytes
        case .end(let trailers): answer("\(heard), \(bodySize) bytes, \(trailers ?? [:])", context: context)
        }
    }

    private func answer(_ text: String, context: ChannelHandlerContext) {
        // A response to HEAD has no body, and need not announce its length.
        let body = ByteBuffer(string: heard.hasPrefix("HEAD ") ? "" : text)
        let headers: HTTPHeaders = ["Content-Length": String(body.readableBytes)]
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.write(Self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }
}
