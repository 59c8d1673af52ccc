// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import LiveProgressNIO

@Suite("Invalid and slow requests")
struct RequestGuardTests {
    private static func limits() -> ConnectionLimits {
        var limits = ConnectionLimits()
        limits.maximumBodySize = 8
        limits.maximumHeaderSize = 256
        limits.maximumHeaderCount = 10
        return limits
    }

    @Test(
        "Invariant 11: an invalid request gets a problem, and only its own connection closes",
        arguments: [
            ("\u{0}\u{1}\u{2}\r\n\r\n", 400),
            ("GET\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", 400),
            ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
            ("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 300) + "\r\n\r\n", 431),
            ("GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 20) + "\r\n", 431),
            ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n", 413),
            ("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n123456789\r\n", 413),
        ]
    )
    func refuses(request: String, status: Int) throws {
        let connection = try TestConnection(limits: Self.limits())
        let answer = try connection.receive(request)
        #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
        #expect(answer.contains("application/problem+json"))
        #expect(answer.components(separated: "problem+json").count == 2, "only one response")
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(2))
        #expect(!connection.channel.isActive)
    }

    @Test("a body of exactly the limit is accepted")
    func limitItselfPasses() throws {
        let connection = try TestConnection(limits: Self.limits())
        let answer = try connection.receive("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n12345678")
        #expect(answer.hasSuffix("ok"))
    }

    @Test("a malformed second request also gets a response")
    func refusesLaterRequest() throws {
        let connection = try TestConnection(limits: Self.limits())
        try connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try connection.receive("\u{0}\r\n\r\n").hasPrefix("HTTP/1.1 400 "))
    }

    @Test("garbage after a request waits for the response to the request, then gets 400 and ends the connection")
    func garbageInFlight() throws {
        let connection = try TestConnection(limits: Self.limits())
        connection.path.answers = false
        try connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try connection.receive("\u{0}\r\n\r\n") == "")
        #expect(try connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n") == "")
        let context = try connection.channel.pipeline.syncOperations.context(handlerType: PathRecorder.self)
        connection.path.answer(context: context)
        let answers = try connection.written()
        let statuses = answers.components(separated: "HTTP/1.1 ").dropFirst().map { String($0.prefix(3)) }
        // The detail of the problem contains the version too, so there may be a third piece.
        #expect(statuses.prefix(2) == ["200", "400"])
        #expect(connection.path.heads.count == 1)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!connection.channel.isActive)
    }

    @Test(
        "the routes learn that a request is incomplete, but only if they have its head",
        arguments: [
            ("Content-Length: 8\r\n\r\n123", "", true), ("Transfer-Encoding: chunked\r\n\r\n", "zz\r\n", true),
            ("Transfer-Encoding: chunked\r\n\r\n", "9\r\n123456789", true), ("Content-Length: 9\r\n\r\n", "", false),
            ("Content-Length: 3\r\n\r\n123", "", false),
        ]
    )
    func tellsRoutes(fields: String, rest: String, isTold: Bool) throws {
        let connection = try TestConnection(limits: Self.limits())
        try connection.receive("PUT / HTTP/1.1\r\nHost: a\r\n" + fields)
        try connection.receive(rest)
        #expect(connection.path.sawIncompleteRequest == (isTold && !rest.isEmpty))
        connection.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(connection.path.sawIncompleteRequest == isTold)
    }

    @Test("chunk extensions past the limit of fields get 431; many small chunks are accepted")
    func chunkExtensions() throws {
        let head = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let flood = try TestConnection(limits: Self.limits())
        try flood.receive(head)
        var (sent, answer) = (0, try flood.receive("1;x="))
        while answer.isEmpty, sent < 10_000 {
            answer = try flood.receive(String(repeating: "x", count: 100))
            sent += 100
        }
        #expect(answer.hasPrefix("HTTP/1.1 431 "))
        #expect(sent < 400)

        let small = try TestConnection()
        try small.receive(head)
        for _ in 0..<20_000 { _ = try? small.channel.writeInbound(ByteBuffer(string: "1\r\nx\r\n")) }
        #expect(try small.receive("0\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
    }

    @Test("a connection that sends no request is closed after the timeout")
    func closesSilentConnection() throws {
        let connection = try TestConnection(limits: Self.limits())
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(9))
        #expect(connection.channel.isActive)
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!connection.channel.isActive)
        #expect(connection.outcome == "closed")
    }

    @Test("a request that drips in is answered with 408")
    func closesSlowRequest() throws {
        let connection = try TestConnection(limits: Self.limits())
        try connection.receive("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n")
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(36))
        try connection.receive("1")
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(24))
        #expect(try connection.written().hasPrefix("HTTP/1.1 408 "))
    }

    @Test("the head of a later request has the same time limit, from its first byte")
    func laterHeadIsTimed() throws {
        let connection = try TestConnection(limits: Self.limits())
        let loop = connection.channel.embeddedEventLoop
        try connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        loop.advanceTime(by: .seconds(50))
        try connection.receive("GET / HT")
        loop.advanceTime(by: .seconds(9))
        try connection.receive("TP/1.1\r\n")
        #expect(connection.channel.isActive)
        loop.advanceTime(by: .seconds(1))
        #expect(try connection.written().hasPrefix("HTTP/1.1 408 "))
    }

    @Test("an idle connection is closed without a response after the timeout")
    func idleConnectionIsClosed() throws {
        let connection = try TestConnection(limits: Self.limits())
        let loop = connection.channel.embeddedEventLoop
        try connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        loop.advanceTime(by: .seconds(59))
        #expect(connection.channel.isActive)
        loop.advanceTime(by: .seconds(1))
        #expect(try connection.written() == "")
        #expect(!connection.channel.isActive)
    }

    @Test("a request with Expect: 100-continue gets 100 once, or 413 if its body is past the limit")
    func continues() throws {
        let head = "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
        let connection = try TestConnection(limits: Self.limits())
        #expect(try connection.receive(head + "2\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(try connection.receive("ab").hasPrefix("HTTP/1.1 200 "))
        #expect(try connection.receive(head + "9\r\n\r\n").hasPrefix("HTTP/1.1 413 "))
        #expect(try TestConnection(limits: Self.limits()).receive(head + "0\r\n\r\n").hasPrefix("HTTP/1.1 200 "))
    }

    @Test("pipelined requests are answered in order, and an invalid request ends the connection")
    func pipelining() throws {
        let good = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n"
        let connection = try TestConnection(limits: Self.limits())
        let answers = try connection.receive(good + good + "GET /b HTTP/1.1\r\n\r\n" + good)
        let statuses = answers.components(separated: "HTTP/1.1 ").dropFirst().map { String($0.prefix(3)) }
        #expect(statuses == ["200", "200", "400"])
        #expect(connection.path.heads.count == 2)
    }

    @Test("a complete request has no deadline")
    func wholeRequestHasTime() throws {
        let connection = try TestConnection(limits: Self.limits())
        connection.path.answers = false
        try connection.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(connection.channel.isActive)
    }
}

extension String {
    fileprivate func components(separated separator: String) -> [Substring] {
        split(separator: separator, omittingEmptySubsequences: false)
    }
}
