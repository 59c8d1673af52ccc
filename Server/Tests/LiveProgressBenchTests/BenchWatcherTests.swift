// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import NIOCore
import NIOEmbedded
import Testing

@testable import LiveProgressBench

@Suite("A watcher of bench")
struct BenchWatcherTests {
    private let tally = LoadTally()
    private let channel: EmbeddedChannel
    private let delivery: EventLoopFuture<LoadTally.Delivery>

    init() throws {
        channel = EmbeddedChannel()
        let promise = channel.embeddedEventLoop.makePromise(of: LoadTally.Delivery.self)
        delivery = promise.futureResult
        tally.begin(expecting: 2, promise)
        let watcher = LoadWatcher(target: "/api/v1/progress/op", host: "127.0.0.1:1", tally: tally)
        try channel.pipeline.syncOperations.addHandler(watcher)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// The answer that accepts the watcher's request.
    private func acceptance() throws -> String {
        let request = String(buffer: try #require(try channel.readOutbound(as: ByteBuffer.self)))
        #expect(request.hasPrefix("GET /api/v1/progress/op HTTP/1.1\r\nHost: 127.0.0.1:1\r\n"))
        let field = "Sec-WebSocket-Key: "
        let line = try #require(request.split(separator: "\r\n").first { $0.hasPrefix(field) })
        let key = try #require(HandshakeKey(line.dropFirst(field.count)))
        return "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: \(key.accept)\r\n\r\n"
    }

    private func receive(_ bytes: [UInt8]) throws {
        try channel.writeInbound(ByteBuffer(bytes: bytes))
    }

    private func expectFailure(_ reason: String) {
        let error = #expect(throws: BenchError.self) { try delivery.wait() }
        #expect(error?.message == "the server cannot be measured: \(reason)")
        #expect(!channel.isActive)
    }

    @Test("counts messages from the first byte behind the answer, wherever that is cut")
    func watches() throws {
        let bytes = Array(try acceptance().utf8) + [0x81, 2] + Array("{}".utf8) + [0x81, 7] + Array(#"{"t":5}"#.utf8)
        for byte in bytes { try receive([byte]) }
        #expect(try delivery.wait().messages == 2)
        #expect(channel.isActive)
    }

    @Test("answers a ping with what it bears")
    func answersPings() throws {
        try receive(Array(try acceptance().utf8) + [0x89, 2, 7, 8])
        let pong = try #require(try channel.readOutbound(as: ByteBuffer.self))
        var decoder = FrameDecoder(role: .server)
        decoder.append(pong)
        #expect(try decoder.next() == .control(.pong, ByteBuffer(bytes: [7, 8])))
    }

    @Test("says why it is refused")
    func isRefused() throws {
        try receive(Array("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\n\r\n".utf8))
        expectFailure("it refused a watcher: HTTP/1.1 503 Service Unavailable")
    }

    @Test("refuses an answer without the right key")
    func wantsKey() throws {
        try receive(Array("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n".utf8))
        expectFailure("it refused a watcher: HTTP/1.1 101 Switching Protocols")
    }

    @Test("gives up with the server's good-bye")
    func hearsClose() throws {
        try receive(Array(try acceptance().utf8) + [0x88, 0])
        expectFailure("it said good-bye to a watcher")
    }

    @Test("gives up where the connection ends")
    func isCutOff() throws {
        try receive(Array(try acceptance().utf8))
        try channel.close().wait()
        expectFailure("it closed the connection of a watcher")
    }

    @Test("gives up on what is no message of a bench server")
    func refusesBinary() throws {
        try receive(Array(try acceptance().utf8) + [0x82, 1, 0])
        expectFailure("it sent what is no message of a bench server")
    }
}
