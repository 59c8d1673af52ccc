// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import LiveProgressNIO

@Suite("Parsing of a complete upgrade request")
struct UpgradeRequestTests {
    private static let fields = "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"

    private static func read(_ text: String, limits: ConnectionLimits = ConnectionLimits()) -> UpgradeRequest? {
        var text = text
        return text.withUTF8 { UpgradeRequest(UnsafeRawBufferPointer($0), limits: limits) }
    }

    @Test("a request is parsed with its fields unchanged, without the bytes after it")
    func reads() throws {
        let head = "GET /a/b?c=%20d HTTP/1.1\r\n\(Self.fields)X-y:z z\r\nx-Y: 1\r\n\r\n"
        let request = try #require(Self.read(head + "frames"))
        #expect(request.length == head.utf8.count)
        #expect(request.head.method == .GET)
        #expect(request.head.uri == "/a/b?c=%20d")
        #expect(request.head.version == .http1_1)
        let fields = request.head.headers.map { "\($0.name)=\($0.value)" }
        #expect(fields == ["Host=a", "Connection=Upgrade", "Upgrade=websocket", "X-y=z z", "x-Y=1"])
    }

    @Test(
        "an incomplete head or a head without an upgrade is left to the HTTP decoder",
        arguments: [
            "", "G", "GET", "GET /", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\n\(fields)",
            "GET / HTTP/1.1\r\n\(fields)\r", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\nGET / HTTP/1.1\r\n\(fields)\r\n",
        ]
    )
    func leavesOthers(text: String) {
        #expect(Self.read(text) == nil)
    }

    @Test(
        "an ambiguous request line is left to the HTTP decoder",
        arguments: [
            "get / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", " GET / HTTP/1.1\r\n", "GET  / HTTP/1.1\r\n",
            "GET\t/ HTTP/1.1\r\n", "GET /  HTTP/1.1\r\n", "GET / HTTP/1.0\r\n", "GET / HTTP/2.0\r\n",
            "GET / http/1.1\r\n", "GET / HTTP/1.1 \r\n", "GET / HTTP/1.1\n", "GET http://a/ HTTP/1.1\r\n",
            "GET * HTTP/1.1\r\n", "GET /a b HTTP/1.1\r\n", "GET /a#b HTTP/1.1\r\n", "GET /ä HTTP/1.1\r\n",
            "GET /\u{7F} HTTP/1.1\r\n", "GET /\u{0} HTTP/1.1\r\n",
        ]
    )
    func leavesDoubtfulLine(line: String) {
        #expect(Self.read(line + Self.fields + "\r\n") == nil)
    }

    @Test(
        "an ambiguous header field or a body is left to the HTTP decoder",
        arguments: [
            "X: a\r\n b\r\n", "X: a\n", "X: a\rb\r\n", "X: a\u{0}b\r\n", "X: a\tb\r\n", "X: ä\r\n", "X : a\r\n",
            ": a\r\n", "X\r\n", "X(: a\r\n", "X:\r\n", "X: \r\n", "X:  a\r\n", "X:\ta\r\n", "X: a \r\n", " X: a\r\n",
            "Host: b\r\n", "Expect: 100-continue\r\n", "expect: x\r\n",
            "Content-Length: 0\r\n", "CONTENT-LENGTH: 3\r\n", "transfer-encoding: chunked\r\n",
        ]
    )
    func leavesDoubtfulField(line: String) {
        #expect(Self.read("GET / HTTP/1.1\r\n\(Self.fields)X-a: b\r\n\r\n") != nil)
        #expect(Self.read("GET / HTTP/1.1\r\n\(Self.fields)\(line)\r\n") == nil)
        #expect(Self.read("GET / HTTP/1.1\r\n\(line)\(Self.fields)\r\n") == nil)
    }

    @Test(
        "an ambiguous host is left to the HTTP decoder",
        arguments: ["", "Host: a,b\r\n", "Host: u@a\r\n", "Host: a:65536\r\n", "Host: [::1\r\n", "Host: [::1]x\r\n"]
    )
    func leavesDoubtfulHost(line: String) {
        let others = "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        #expect(Self.read("GET / HTTP/1.1\r\nHost: [::1]:65535\r\n\(others)") != nil)
        #expect(Self.read("GET / HTTP/1.1\r\n\(line)\(others)") == nil)
    }

    @Test("a head larger than the limits is left to the HTTP decoder")
    func leavesLarge() {
        var limits = ConnectionLimits()
        limits.maximumTargetSize = 3
        #expect(Self.read("GET /ab HTTP/1.1\r\n\(Self.fields)\r\n", limits: limits) != nil)
        #expect(Self.read("GET /abc HTTP/1.1\r\n\(Self.fields)\r\n", limits: limits) == nil)
        limits.maximumHeaderCount = 3
        #expect(Self.read("GET / HTTP/1.1\r\n\(Self.fields)\r\n", limits: limits) != nil)
        #expect(Self.read("GET / HTTP/1.1\r\n\(Self.fields)X: a\r\n\r\n", limits: limits) == nil)
        let head = "GET / HTTP/1.1\r\n\(Self.fields)\r\n"
        limits.maximumHeaderSize = head.utf8.count
        #expect(Self.read(head, limits: limits) != nil)
        limits.maximumHeaderSize -= 1
        #expect(Self.read(head, limits: limits) == nil)
    }

    @Test("each parsed request has the same head as in the HTTP decoder, and no rule rejects it", arguments: 0..<40)
    func agreesWithDecoder(seed: UInt64) throws {
        var handshakes = RandomHandshakes(seed: seed)
        var readCount = 0
        for _ in 0..<150 {
            let text = handshakes.next()
            guard let request = Self.read(text) else { continue }
            readCount += 1
            let decoded = try Decoded(text)
            #expect(decoded.head == request.head, "\(text)")
            #expect(RequestRules.refusal(of: request.head, limits: ConnectionLimits()) == nil, "\(text)")
            #expect(decoded.rest == String(decoding: text.utf8.dropFirst(request.length), as: UTF8.self), "\(text)")
        }
        #expect(readCount > 10, "too few handshakes were parsed for this test")
    }
}

/// The HTTP decoder's result for bytes that arrive in one read.
private struct Decoded {
    let head: HTTPRequestHead?
    let rest: String

    init(_ text: String) throws {
        let channel = EmbeddedChannel()
        let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
        try channel.pipeline.syncOperations.addHandlers([HTTPResponseEncoder(), decoder])
        _ = try? channel.writeInbound(ByteBuffer(string: text))
        if case .head(let head) = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            self.head = head
        } else {
            head = nil
        }
        _ = try? channel.readInbound(as: HTTPServerRequestPart.self)
        channel.pipeline.syncOperations.removeHandler(decoder, promise: nil)
        channel.embeddedEventLoop.run()
        rest = try channel.readInbound(as: ByteBuffer.self).map { String(buffer: $0) } ?? ""
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }
}
