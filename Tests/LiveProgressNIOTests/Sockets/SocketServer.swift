// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP
@_spi(Server) import LiveProgressNIO
import LiveProgressWebSocket
@_spi(Server) import LiveProgressWire
import NIOCore
import NIOHTTP1
import NIOPosix

/// A server built on NIO alone, on a free port of 127.0.0.1, with the API and WebSockets.
struct SocketServer: Sendable {
    let service: ProgressService
    let hosting: ProgressHosting
    let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }

    /// The address of the server.
    var url: String { "http://127.0.0.1:\(port)" }

    /// Runs a test against a server, and then closes the server and all its connections.
    ///
    /// - Parameters:
    ///   - service: The service; by default a new one.
    ///   - journalCapacity: The number of revisions that a new service keeps.
    ///   - limits: The limits of connections.
    ///   - writePath: How the server writes.
    ///   - compression: The codec of the server.
    ///   - authorizer: The authorizer of the API.
    ///   - answers: Returns whether the server sends the response to a request, which it has processed.
    ///   - body: The test.
    /// - Returns: The value of the test.
    /// - Throws: The error of the test, or of the server's start.
    static func with<Value: Sendable>(
        service: ProgressService? = nil,
        journalCapacity: Int = 64,
        limits: ConnectionLimits = .patient,
        writePath: WritePath = .direct,
        compression: (any DeflateCodec)? = nil,
        authorizer: (any ProgressAuthorizer)? = nil,
        answers: @escaping @Sendable (HTTPRequest) -> Bool = { _ in true },
        _ body: (SocketServer) async throws -> Value
    ) async throws -> Value {
        var configuration = ProgressService.Configuration()
        configuration.journalCapacity = journalCapacity
        let service = service ?? ProgressService(configuration: configuration)
        var apiConfiguration = ProgressAPI.Configuration()
        apiConfiguration.authorizer = authorizer
        apiConfiguration.limits.connections = limits
        let api = ProgressAPI(service: service, configuration: apiConfiguration)
        let hosting = ProgressHosting(
            api: api,
            heartbeat: nil,
            writePath: writePath,
            compression: compression
        )
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.socketOption(.so_sndbuf), value: 16 * 1024)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    _ = try hosting.connections.configure(child) { child in
                        child.eventLoop.makeCompletedFuture {
                            try child.pipeline.syncOperations.addHandler(APIHandler(api: api, answers: answers))
                        }
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = SocketServer(service: service, hosting: hosting, channel: channel)
        let result: Result<Value, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        try await channel.close()
        hosting.registry.closeAll()
        await hosting.registry.waitUntilEmpty()
        return try result.get()
    }

    /// Returns a connected channel with an empty pipeline.
    func dial(readsByItself: Bool = true) async throws -> any Channel {
        try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.autoRead, value: readsByItself)
            .channelOption(.socketOption(.so_rcvbuf), value: 16 * 1024)
            .connect(host: "127.0.0.1", port: port).get()
    }

    /// Connects a watcher, by default in the full format.
    func watch(
        _ id: ProgressID?,
        cursor: ProgressCursor? = nil,
        isFull: Bool = true,
        deflate: DeflateClient? = nil
    ) async throws -> Watcher {
        let channel = try await dial()
        let path = id.map { ProgressRoutes.path(for: $0) } ?? ProgressRoutes.base
        let connection = try await WebSocketClientConnection.connect(
            over: channel,
            request: WebSocketClientRequest(
                target: path + (cursor.map { "?cursor=\($0)" } ?? ""),
                host: "127.0.0.1:\(port)",
                subprotocols: isFull ? [ProgressFormat.subprotocol] : [],
                deflate: deflate
            ),
            configuration: .patient,
            timeout: .seconds(3600)
        )
        return Watcher(connection: connection, channel: channel)
    }

    /// Sends text on a new connection; returns the received text after the server has closed.
    func exchange(_ text: String) async throws -> String {
        let channel = try await dial()
        let collector = NIOLoopBoundBox.makeBoxSendingValue(ByteBuffer(), eventLoop: channel.eventLoop)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(Collector(into: collector))
        }.get()
        try await channel.writeAndFlush(ByteBuffer(string: text))
        try? await channel.closeFuture.get()
        return try await channel.eventLoop.submit { String(buffer: collector.value) }.get()
    }
}

/// A watcher: its connection and its channel.
struct Watcher: Sendable {
    let connection: WebSocketClientConnection
    let channel: any Channel

    /// Collects all messages until the connection ends; returns after the first message.
    func follow() async -> Task<[String], Never> {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let task = Task {
            var texts: [String] = []
            for await message in connection.messages {
                texts.append(String(buffer: message.payload))
                arrived.yield()
            }
            arrived.finish()
            return texts
        }
        for await _ in arrivals { break }
        return task
    }

    /// Returns all messages after the connection has ended.
    func texts() async -> [String] { await follow().value }

    /// Closes the channel without a close frame.
    func vanish() { channel.close(promise: nil) }
}

extension Task<[String], Never> {
    /// The messages, decoded as events of the full format.
    var events: [ProgressEvent] {
        get async throws { try await value.map { try ProgressMessage.decodeFull($0.utf8) } }
    }
}

/// The HTTP path of the server: passes requests to the API, and writes the responses.
private final class APIHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let api: ProgressAPI
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []
    private let answers: @Sendable (HTTPRequest) -> Bool

    init(api: ProgressAPI, answers: @escaping @Sendable (HTTPRequest) -> Bool) {
        self.api = api
        self.answers = answers
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let bytes): body += bytes.readableBytesView
        case .end: answer(context: context)
        }
    }

    private func answer(context: ChannelHandlerContext) {
        guard let head, let request = Self.request(head) else { return context.close(promise: nil) }
        let promise = context.eventLoop.makePromise(of: ProgressResponse.self)
        promise.completeWithTask { [api, body] in
            guard head.headers.contains(name: "upgrade") else { return await api.respond(to: request, body: body) }
            return switch await api.watch(request).resolved() {
            case .refuse(let refusal): refusal
            case .accept: ProgressResponse(problem: ProgressProblem(title: "No upgrade here", status: 503))
            case .notOurs, .later: await api.respond(to: request, body: body)
            }
        }
        promise.futureResult.assumeIsolated().whenSuccess { response in
            guard self.answers(request) else { return context.close(promise: nil) }
            self.write(response, context: context)
        }
    }

    private func write(_ answer: ProgressResponse, context: ChannelHandlerContext) {
        var headers = HTTPHeaders()
        for field in answer.head.headerFields { headers.add(name: field.name.rawName, value: field.value) }
        let status = HTTPResponseStatus(statusCode: answer.head.status.code)
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        if case .bytes(let bytes) = answer.body {
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
        }
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    private static func request(_ head: HTTPRequestHead) -> HTTPRequest? {
        guard let method = HTTPRequest.Method(head.method.rawValue) else { return nil }
        var fields = HTTPFields()
        for (name, value) in head.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return HTTPRequest(
            method: method,
            scheme: "http",
            authority: head.headers["host"].first,
            path: head.uri,
            headerFields: fields
        )
    }
}

/// A handler that collects the received bytes.
private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let box: NIOLoopBoundBox<ByteBuffer>

    init(into box: NIOLoopBoundBox<ByteBuffer>) { self.box = box }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        box.value.writeBuffer(&bytes)
    }
}
