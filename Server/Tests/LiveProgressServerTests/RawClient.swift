// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressServer
@_spi(Server) import LiveProgressWire
import Logging
import NIOCore
import NIOPosix

/// Runs a test against a server on a free port, and stops it.
func withServer<Value: Sendable>(
    _ configure: (inout ServerConfiguration) -> Void = { _ in },
    _ body: (RunningServer) async throws -> Value
) async throws -> Value {
    var configuration = ServerConfiguration()
    configuration.port = 0
    configure(&configuration)
    let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = try await ServerApplication(configuration: configuration, logger: silent).start()
    let result: Result<Value, any Error>
    do { result = .success(try await body(server)) } catch { result = .failure(error) }
    await server.stop()
    return try result.get()
}

/// A TCP connection that gives a test access to every byte.
struct RawClient: Sendable {
    let channel: any Channel
    private let received: NIOLoopBoundBox<Received>

    init(_ server: RunningServer) async throws {
        let port = server.port
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port).get()
        let received = NIOLoopBoundBox.makeBoxSendingValue(Received(), eventLoop: channel.eventLoop)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(Collector(into: received))
        }.get()
        self.channel = channel
        self.received = received
    }

    /// Opens a WebSocket watcher and waits for its first message.
    init(watching id: ProgressID, of server: RunningServer) async throws {
        try await self.init(server)
        try await send(
            "GET \(ProgressRoutes.path(for: id)) HTTP/1.1",
            "Host: localhost",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
        )
        try await wait(for: "Pending")
    }

    /// Sends a request that consists of the given lines and an empty line.
    func send(_ lines: String...) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: (lines + ["", ""]).joined(separator: "\r\n")))
    }

    /// Returns all bytes received so far, as text.
    func received() async throws -> String {
        try await channel.eventLoop.submit { String(buffer: received.value.bytes) }.get()
    }

    /// Waits until the given text has been received.
    func wait(for text: String) async throws {
        let bytes = Array(text.utf8)
        try await channel.eventLoop.flatSubmit { found(bytes, from: 0) }.get()
    }

    /// Waits for the text, and searches each received byte once.
    private func found(_ text: [UInt8], from start: Int) -> EventLoopFuture<Void> {
        let bytes = received.value.bytes
        let isFound = bytes.withUnsafeReadableBytes { raw in
            let places = start..<max(start, raw.count - text.count + 1)
            return places.contains { raw[$0] == text[0] && raw[$0..<$0 + text.count].elementsEqual(text) }
        }
        guard !isFound else { return channel.eventLoop.makeSucceededVoidFuture() }
        guard channel.isActive else { return channel.eventLoop.makeFailedFuture(ChannelError.alreadyClosed) }
        let change = channel.eventLoop.makePromise(of: Void.self)
        received.value.changes.append(change)
        let next = max(start, bytes.readableBytes - text.count + 1)
        return change.futureResult.flatMap { found(text, from: next) }
    }

    /// Waits until the server closes the connection, and returns all received text.
    func untilClosed() async throws -> String {
        try? await channel.closeFuture.get()
        return try await received()
    }
}

extension RunningServer {
    /// Sends one request on a new connection, and returns the response.
    func answer(_ lines: String..., body: String = "") async throws -> String {
        let client = try await RawClient(self)
        let fields = ["Host: 127.0.0.1:\(port)", "Connection: close", "Content-Length: \(body.utf8.count)", "", body]
        let text = (lines + fields).joined(separator: "\r\n")
        try await client.channel.writeAndFlush(ByteBuffer(string: text))
        return try await client.untilClosed()
    }

    /// Waits until a metric has the given value.
    func wait(until metric: String, is value: Int) async throws {
        while try await !answer("GET /metrics HTTP/1.1").contains("\nlive_progress_\(metric) \(value)\n") {
            await Task.yield()
        }
    }
}

/// The bytes that a connection has received, and the promises that wait for more.
private struct Received {
    var bytes = ByteBuffer()
    var changes: [EventLoopPromise<Void>] = []
}

/// Stores the bytes that a connection receives.
private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let box: NIOLoopBoundBox<Received>

    init(into box: NIOLoopBoundBox<Received>) { self.box = box }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        box.value.bytes.writeBuffer(&bytes)
        change()
    }

    func channelInactive(context: ChannelHandlerContext) {
        change()
        context.fireChannelInactive()
    }

    // A completed promise may access the box, so the list is copied before the promises are completed.
    private func change() {
        let waiting = box.value.changes
        box.value.changes = []
        for change in waiting { change.succeed() }
    }
}
