// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import NIOCore
import NIOPosix

@_spi(Server) @testable import LiveProgressClient

/// The HTTP requests to a bench server: to start updates, and to read its resource usage.
struct BenchRequest: Sendable {
    /// The timeout of a response; long, because a server with many watchers responds late.
    private static let patience = TimeAmount.seconds(30)

    let server: ProgressServerAddress

    /// The resource usage of a bench server since its start.
    struct Usage: Sendable, Hashable {
        /// The processor time of all threads, in nanoseconds.
        var processorNanoseconds: Int64
        /// The resident memory in bytes; `nil` if the system does not report it.
        var residentBytes: Int64?
    }

    /// Requests the server's resource usage.
    ///
    /// - Throws: ``BenchError`` if the server is not a bench server.
    func usage() async throws -> Usage {
        let (status, body) = try await get("/usage")
        guard status == 200, let json = try? JSONValue(parsing: body),
            let nanoseconds = json["processorNanoseconds"]?.intValue
        else { throw BenchError("\(server) is no server of live-progress-bench serve") }
        return Usage(processorNanoseconds: nanoseconds, residentBytes: json["residentBytes"]?.intValue)
    }

    /// Makes the server create updates: their number, their rate per second (0: full speed), and the batch size.
    ///
    /// - Throws: ``BenchError`` if the server refuses.
    func start(updates: Int, rate: Int = 0, batch: Int = 1) async throws {
        let (status, body) = try await get("/start?u=\(updates)&r=\(rate)&b=\(batch)")
        guard status == 202 else {
            throw BenchError("\(server) does not start: \(status) \(String(decoding: body, as: UTF8.self))")
        }
    }

    private func get(_ path: String) async throws -> (status: Int, body: [UInt8]) {
        let promise = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: ByteBuffer.self)
        let text = "GET \(server.prefix)\(path) HTTP/1.1\r\nHost: \(server.authority)\r\nConnection: close\r\n\r\n"
        let deadline = promise.futureResult.eventLoop.scheduleTask(in: Self.patience) {
            promise.fail(BenchError("\(server) does not answer"))
        }
        defer { deadline.cancel() }
        do {
            let channel = try await ClientBootstrap(group: promise.futureResult.eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Gathering(promise))
                    }
                }
                .connect(host: server.host, port: server.port).get()
            try await channel.writeAndFlush(ByteBuffer(string: text))
        } catch {
            promise.fail(error)
            throw BenchError("\(server) cannot be reached")
        }
        return try Self.parse(await promise.futureResult.get(), server)
    }

    private static func parse(_ answer: ByteBuffer, _ server: ProgressServerAddress) throws -> (Int, [UInt8]) {
        let text = String(buffer: answer)
        let words = text.prefix { !$0.isNewline }.split(separator: " ")
        guard words.count > 1, let status = Int(words[1]), let head = text.firstRange(of: "\r\n\r\n") else {
            throw BenchError("\(server) does not answer in HTTP")
        }
        return (status, Array(text[head.upperBound...].utf8))
    }

    /// Collects all bytes until the server closes the connection.
    private final class Gathering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let promise: EventLoopPromise<ByteBuffer>
        private var bytes = ByteBuffer()

        init(_ promise: EventLoopPromise<ByteBuffer>) {
            self.promise = promise
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var part = unwrapInboundIn(data)
            bytes.writeBuffer(&part)
        }

        func channelInactive(context: ChannelHandlerContext) {
            promise.succeed(bytes)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            promise.fail(error)
            context.close(promise: nil)
        }
    }
}
