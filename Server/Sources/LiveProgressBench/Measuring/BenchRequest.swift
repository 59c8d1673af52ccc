// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient
import NIOCore
import NIOPosix

/// Plain requests to a bench server: to produce, and for what it has taken of the machine.
struct BenchRequest: Sendable {
    /// How long an answer may take: a server that is busy with a large crowd has its turns far apart.
    private static let patience = TimeAmount.seconds(30)

    let server: ProgressServerAddress

    /// What a bench server has taken of the machine so far.
    struct Usage: Sendable, Hashable {
        /// Processor time of all its threads, in nanoseconds.
        var processorNanoseconds: Int64
        /// Its memory in bytes; `nil` where its system does not say.
        var residentBytes: Int64?
    }

    /// Asks what the server has taken so far.
    ///
    /// - Throws: ``BenchError`` where this is no bench server.
    func usage() async throws -> Usage {
        let (status, body) = try await get("/usage")
        guard status == 200, let json = try? JSONValue(parsing: body),
            let nanoseconds = json["processorNanoseconds"]?.intValue
        else { throw BenchError("\(server) is no server of live-progress-bench serve") }
        return Usage(processorNanoseconds: nanoseconds, residentBytes: json["residentBytes"]?.intValue)
    }

    /// Has the server make updates: so many, so many in a second (0: flat out), so many at once.
    ///
    /// - Throws: ``BenchError`` where it refuses.
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
            throw BenchError("\(server) does not answer as a server does")
        }
        return (status, Array(text[head.upperBound...].utf8))
    }

    /// Gathers all bytes until the server closes.
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
