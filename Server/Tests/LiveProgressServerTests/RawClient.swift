// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressServer
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

/// A bare connection, so that a test sees every byte.
struct RawClient: Sendable {
    let channel: any Channel
    private let bytes: NIOLoopBoundBox<ByteBuffer>

    init(_ server: RunningServer) async throws {
        let port = server.port
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(host: "127.0.0.1", port: port).get()
        let bytes = NIOLoopBoundBox.makeBoxSendingValue(ByteBuffer(), eventLoop: channel.eventLoop)
        try await channel.eventLoop.submit {
            try channel.pipeline.syncOperations.addHandler(Collector(into: bytes))
        }.get()
        self.channel = channel
        self.bytes = bytes
    }

    /// Sends a request of the given lines, with an empty line behind them.
    func send(_ lines: String...) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: (lines + ["", ""]).joined(separator: "\r\n")))
    }

    /// What has come so far.
    func received() async throws -> String {
        try await channel.eventLoop.submit { String(buffer: bytes.value) }.get()
    }

    /// Waits until something has come.
    func wait(for text: String) async throws {
        while try await !received().contains(text) {
            guard channel.isActive else { throw ChannelError.alreadyClosed }
            await Task.yield()
        }
    }

    /// All that comes until the server closes.
    func untilClosed() async throws -> String {
        try? await channel.closeFuture.get()
        return try await received()
    }
}

extension RunningServer {
    /// Answers one request, on a connection of its own.
    func answer(_ lines: String..., body: String = "") async throws -> String {
        let client = try await RawClient(self)
        let fields = ["Host: 127.0.0.1:\(port)", "Connection: close", "Content-Length: \(body.utf8.count)", "", body]
        let text = (lines + fields).joined(separator: "\r\n")
        try await client.channel.writeAndFlush(ByteBuffer(string: text))
        return try await client.untilClosed()
    }

    /// Waits until a metric has a value.
    func wait(until metric: String, is value: Int) async throws {
        while try await !answer("GET /metrics HTTP/1.1").contains("\nlive_progress_\(metric) \(value)\n") {
            await Task.yield()
        }
    }
}

/// Keeps what a connection receives, and closes when the server does.
private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let box: NIOLoopBoundBox<ByteBuffer>

    init(into box: NIOLoopBoundBox<ByteBuffer>) { self.box = box }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        box.value.writeBuffer(&bytes)
    }
}
