// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import NIOCore
import NIOPosix
import Synchronization

/// A request that a ``ScriptedServer`` received.
struct ScriptedRequest: Sendable {
    var method: String
    var target: String
    var headers: [String: String]
    var body: [UInt8]
}

/// The reaction of a ``ScriptedServer`` to a request.
enum ScriptedReply: Sendable {
    /// A response; the server then closes the connection.
    case answer(status: Int, headers: [String: String] = [:], body: [UInt8] = [])
    /// An upgrade, the messages, then a close frame with the code; `nil` leaves the connection open without a close
    /// frame.
    case webSocket(_ messages: [[UInt8]], close: UInt16?, subprotocol: String? = "live-progress.v1")
    /// An upgrade and the messages; the server breaks the connection after the client has answered a ping.
    case brokenWebSocket(_ messages: [[UInt8]])
    /// Raw bytes; the server then closes the connection.
    case bytes([UInt8])
    /// The server closes the connection without a response.
    case nothing
    /// The server never responds and leaves the connection open.
    case silence
}

/// A server on its own port with its own HTTP and WebSocket code, so that it shares little code with the client under
/// test.
final class ScriptedServer: Sendable {
    private let channel: any Channel
    private let recorded: Requests
    var url: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }
    var requests: [ScriptedRequest] { recorded.all.withLock { $0 } }

    final class Requests: Sendable {
        let all = Mutex<[ScriptedRequest]>([])
    }

    private init(channel: any Channel, recorded: Requests) {
        self.channel = channel
        self.recorded = recorded
    }

    /// Runs a server until the body returns; `reply` receives each request and its number, from 0.
    static func run<Value: Sendable>(
        _ reply: @escaping @Sendable (ScriptedRequest, Int) -> ScriptedReply,
        _ body: (ScriptedServer) async throws -> Value
    ) async throws -> Value {
        let recorded = Requests()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ScriptedHandler { request in
                            let number = recorded.all.withLock {
                                $0.append(request)
                                return $0.count - 1
                            }
                            return reply(request, number)
                        }
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        let server = ScriptedServer(channel: channel, recorded: recorded)
        defer { channel.close(promise: nil) }
        return try await body(server)
    }
}

private final class ScriptedHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var received: [UInt8] = []
    private var isAnswered = false
    private var breaksOnAnswer = false
    private let reply: @Sendable (ScriptedRequest) -> ScriptedReply

    init(reply: @escaping @Sendable (ScriptedRequest) -> ScriptedReply) {
        self.reply = reply
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // After the upgrade, the client sends only pongs and its close frame; neither needs a reply.
        guard !isAnswered else {
            if breaksOnAnswer || isClose(unwrapInboundIn(data)) { context.close(promise: nil) }
            return
        }
        received += unwrapInboundIn(data).readableBytesView
        guard let request = parse() else { return }
        isAnswered = true
        switch reply(request) {
        case .answer(let status, let headers, let body):
            var head = "HTTP/1.1 \(status) Scripted\r\nContent-Length: \(body.count)\r\nConnection: close\r\n"
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            send(Array("\(head)\r\n".utf8) + body, close: true, context)
        case .webSocket(let messages, let code, let subprotocol):
            let end: [UInt8] = code.map { [0x88, 2, UInt8($0 >> 8), UInt8($0 & 255)] } ?? []
            send(upgrade(request, subprotocol) + messages.flatMap(frame) + end, close: false, context)
        case .brokenWebSocket(let messages):
            breaksOnAnswer = true
            send(upgrade(request, "live-progress.v1") + messages.flatMap(frame) + [0x89, 0], close: false, context)
        case .bytes(let bytes): send(bytes, close: true, context)
        case .nothing: context.close(promise: nil)
        case .silence: break
        }
    }

    private func isClose(_ buffer: ByteBuffer) -> Bool {
        buffer.readableBytesView.first.map { $0 & 0x0F == 8 } ?? false
    }

    private func send(_ bytes: [UInt8], close: Bool, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        if close { context.close(promise: nil) }
    }

    private func upgrade(_ request: ScriptedRequest, _ subprotocol: String?) -> [UInt8] {
        let accept = HandshakeKey(request.headers["sec-websocket-key"] ?? "")?.accept ?? ""
        var head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        head += "Sec-WebSocket-Accept: \(accept)\r\n"
        if let subprotocol { head += "Sec-WebSocket-Protocol: \(subprotocol)\r\n" }
        return Array("\(head)\r\n".utf8)
    }

    private func frame(_ message: [UInt8]) -> [UInt8] {
        let length: [UInt8] =
            message.count < 126 ? [UInt8(message.count)] : [126, UInt8(message.count >> 8), UInt8(message.count & 255)]
        return [0x81] + length + message
    }

    /// Returns the request, or `nil` until all its bytes have arrived.
    private func parse() -> ScriptedRequest? {
        let blank = Array("\r\n\r\n".utf8)
        guard let end = received.indices.first(where: { received[$0...].starts(with: blank) }) else { return nil }
        let lines = String(decoding: received[..<end], as: UTF8.self).split(separator: "\r\n")
        let first = lines[0].split(separator: " ")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let body = Array(received[(end + 4)...])
        guard body.count >= headers["content-length"].flatMap({ Int($0) }) ?? 0 else { return nil }
        return ScriptedRequest(method: String(first[0]), target: String(first[1]), headers: headers, body: body)
    }
}
