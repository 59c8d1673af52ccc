// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOEmbedded
import Testing

@testable import LiveProgressBench
@testable import LiveProgressWebSocket

@Suite("The watcher of bench")
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

    /// Returns the response that accepts the watcher's handshake.
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

    @Test("the watcher counts messages from the first byte after the response, however the bytes are split")
    func watches() throws {
        let bytes = Array(try acceptance().utf8) + [0x81, 2] + Array("{}".utf8) + [0x81, 7] + Array(#"{"t":5}"#.utf8)
        for byte in bytes { try receive([byte]) }
        #expect(try delivery.wait().messages == 2)
        #expect(channel.isActive)
    }

    @Test("the watcher answers a ping with a pong of the same payload")
    func answersPings() throws {
        try receive(Array(try acceptance().utf8) + [0x89, 2, 7, 8])
        let pong = try #require(try channel.readOutbound(as: ByteBuffer.self))
        var decoder = FrameDecoder(role: .server)
        decoder.append(pong)
        #expect(try decoder.next() == .control(.pong, ByteBuffer(bytes: [7, 8])))
    }

    @Test("the error contains the status line of a refusal")
    func isRefused() throws {
        try receive(Array("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\n\r\n".utf8))
        expectFailure("it refused a watcher: HTTP/1.1 503 Service Unavailable")
    }

    @Test("a response with a wrong Sec-WebSocket-Accept is an error")
    func wantsKey() throws {
        try receive(Array("HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n".utf8))
        expectFailure("it refused a watcher: HTTP/1.1 101 Switching Protocols")
    }

    @Test("a close frame from the server is an error")
    func hearsClose() throws {
        try receive(Array(try acceptance().utf8) + [0x88, 0])
        expectFailure("it sent a close frame to a watcher")
    }

    @Test("the end of the connection is an error")
    func isCutOff() throws {
        try receive(Array(try acceptance().utf8))
        try channel.close().wait()
        expectFailure("it closed the connection of a watcher")
    }

    @Test("a frame that a bench server does not send is an error")
    func refusesBinary() throws {
        try receive(Array(try acceptance().utf8) + [0x82, 1, 0])
        expectFailure("it sent a frame that a bench server does not send")
    }
}
