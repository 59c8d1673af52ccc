// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import LiveProgressNIO

@Suite("Requests that two servers could read differently")
struct MalformedRequestTests {
    /// The bytes of a request, and the status and problem of the response.
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: String
        let status: Int
        let problem: String

        init(_ name: String, _ bytes: String, _ status: Int, _ problem: String) {
            (self.name, self.bytes, self.status, self.problem) = (name, bytes, status, problem)
        }

        var testDescription: String { name }
    }

    private static let malformed = "malformed-request"
    private static let long = String(repeating: "x", count: 9000)

    private static func get(_ target: String = "/", _ fields: String = "Host: a\r\n") -> String {
        "GET \(target) HTTP/1.1\r\n\(fields)\r\n"
    }

    private static func put(_ fields: String, _ body: String = "") -> String {
        "PUT / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\(body)"
    }

    private static let lines: [Row] = [
        Row("bytes of TLS", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}\u{FC}\u{3}\u{3}", 400, malformed),
        Row("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, malformed),
        Row("a method in small letters", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 400, malformed),
        Row("an unknown method", "FOO / HTTP/1.1\r\nHost: a\r\n\r\n", 400, malformed),
        Row("a tab for a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, malformed),
        Row("no version", "GET /\r\n\r\n", 505, "http-version"),
        Row("version 0.9", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505, "http-version"),
        Row("version 1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505, "http-version"),
        Row("version 3", "GET / HTTP/3\r\nHost: a\r\n\r\n", 505, "http-version"),
        Row("a version in small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", 400, malformed),
        Row("LF alone ends the line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400, malformed),
        Row("more behind the version", "GET / HTTP/1.1x\r\nHost: a\r\n\r\n", 400, malformed),
        Row("another version, and more behind it", "GET / HTTP/3.0x\r\nHost: a\r\n\r\n", 505, "http-version"),
        Row("another version, and LF alone", "GET / HTTP/2.0\nHost: a\r\n\r\n", 400, malformed),
        Row("half a version", "GET / HTTP/1\r\nHost: a\r\n\r\n", 505, "http-version"),
        Row("CR alone ends the line", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400, malformed),
        Row("NUL in the target", get("/\u{0}"), 400, malformed),
        Row("no ASCII in the target", get("/é"), 400, malformed),
        Row("a fragment in the target", get("/#a"), 400, malformed),
        Row("a target that is no path", get("foo"), 400, malformed),
        Row("an asterisk for all but OPTIONS", get("*"), 400, malformed),
        Row("a target of another scheme", get("ftp://a/"), 400, malformed),
        Row("a user in the target", get("http://user@a/"), 400, malformed),
        Row("a target of another host than Host", get("http://b/"), 400, "malformed-host"),
        Row("CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501, "method-not-implemented"),
        Row("TRACE", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 501, "method-not-implemented"),
        Row("a long target", get("/" + long), 414, "target-too-long"),
        Row("a line that does not end", "GET /" + long, 414, "target-too-long"),
        Row("a method that does not end", long, 400, malformed),
        Row(
            "fields without end",
            "GET / HTTP/1.1\r\n" + String(repeating: "a: \(long)\r\n", count: 4),
            431,
            "headers-too-large"
        ),
    ]

    private static let fields: [Row] = [
        Row("LF alone ends a field", get("/", "Host: a\nX: y\r\n"), 400, malformed),
        Row("CR within a value", get("/", "Host: a\r\nX: a\rb\r\n"), 400, malformed),
        Row("a folded value", get("/", "Host: a\r\nX: a\r\n b\r\n"), 400, malformed),
        Row("NUL in a value", get("/", "Host: a\r\nX: a\u{0}b\r\n"), 400, malformed),
        Row("a control byte in a value", get("/", "Host: a\r\nX: a\u{1}b\r\n"), 400, malformed),
        Row("DEL in a value", get("/", "Host: a\r\nX: a\u{7F}b\r\n"), 400, malformed),
        Row("NUL in a name", get("/", "Host: a\r\nX\u{0}: b\r\n"), 400, malformed),
        Row("a space before the colon", get("/", "Host: a\r\nX : b\r\n"), 400, malformed),
        Row("no colon", get("/", "Host: a\r\nX\r\n"), 400, malformed),
        Row("no name", get("/", "Host: a\r\n: x\r\n"), 400, malformed),
        Row("a space before the first field", get("/", " X: x\r\nHost: a\r\n"), 400, malformed),
        Row("no Host", get("/", ""), 400, "malformed-host"),
        Row("two Hosts", get("/", "Host: a\r\nHost: a\r\n"), 400, "malformed-host"),
        Row("two Hosts in one field", get("/", "Host: a, b\r\n"), 400, "malformed-host"),
        Row("a path in Host", get("/", "Host: a/b\r\n"), 400, "malformed-host"),
        Row("a user in Host", get("/", "Host: u@a\r\n"), 400, "malformed-host"),
        Row("a port of letters", get("/", "Host: a:http\r\n"), 400, "malformed-host"),
        Row("a bracket that does not close", get("/", "Host: [::1\r\n"), 400, "malformed-host"),
        Row("a port of 17 bits", get("/", "Host: a:65536\r\n"), 400, "malformed-host"),
        Row("no ASCII in Host", get("/", "Host: é\r\n"), 400, malformed),
        Row("no ASCII in Origin", get("/", "Host: a\r\nOrigin: http://é\r\n"), 400, malformed),
        Row(
            "a WebSocket that no hop is told of",
            get("/", "Host: a\r\nUpgrade: websocket\r\n"),
            400,
            "invalid-upgrade"
        ),
        Row(
            "a WebSocket of HTTP/1.0",
            "GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
            400,
            "invalid-upgrade"
        ),
        Row("an unknown expectation", get("/", "Host: a\r\nExpect: miracles\r\n"), 417, "expectation"),
    ]

    private static let bodies: [Row] = [
        Row("two lengths", put("Content-Length: 1\r\nContent-Length: 2\r\n", "x"), 400, malformed),
        Row("a length twice", put("Content-Length: 1\r\nContent-Length: 1\r\n", "x"), 400, malformed),
        Row("a list of lengths", put("Content-Length: 1, 1\r\n", "x"), 400, malformed),
        Row("a length with a sign", put("Content-Length: +1\r\n", "x"), 400, malformed),
        Row("a negative length", put("Content-Length: -1\r\n", "x"), 400, malformed),
        Row("an empty length", put("Content-Length: \r\n", "x"), 400, malformed),
        Row("a hexadecimal length", put("Content-Length: 0x1\r\n", "x"), 400, malformed),
        Row("a length of 63 bits and more", put("Content-Length: 9223372036854775808\r\n"), 413, "body-too-large"),
        Row("a length of 64 bits and more", put("Content-Length: 99999999999999999999\r\n"), 400, malformed),
        Row(
            "a length and chunks",
            put("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
            400,
            malformed
        ),
        Row(
            "chunks and a length",
            put("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "0\r\n\r\n"),
            400,
            malformed
        ),
        Row("an unknown coding", put("Transfer-Encoding: gzip\r\n"), 501, "transfer-coding"),
        Row(
            "an unknown coding in chunks",
            put("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
            501,
            "transfer-coding"
        ),
        Row("chunks in a coding", put("Transfer-Encoding: chunked, gzip\r\n"), 400, malformed),
        Row("chunks in chunks", put("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 400, malformed),
        Row("chunked twice", put("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400, malformed),
        Row("nearly chunked", put("Transfer-Encoding: xchunked\r\n"), 501, "transfer-coding"),
        Row("an empty coding", put("Transfer-Encoding:\r\n"), 400, malformed),
        Row(
            "chunks of HTTP/1.0",
            "PUT / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            malformed
        ),
        Row("a chunk's size of letters", put("Transfer-Encoding: chunked\r\n", "zz\r\n\r\n"), 400, malformed),
        Row("LF alone in chunks", put("Transfer-Encoding: chunked\r\n", "1\nx\n0\n\n"), 400, malformed),
        Row("a chunk longer than its size", put("Transfer-Encoding: chunked\r\n", "1\r\nxx0\r\n\r\n"), 400, malformed),
        Row(
            "a chunk's size of 68 bits",
            put("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n"),
            400,
            malformed
        ),
        Row("a negative chunk", put("Transfer-Encoding: chunked\r\n", "-1\r\n"), 400, malformed),
        Row("NUL in a trailer", put("Transfer-Encoding: chunked\r\n", "0\r\nX\u{0}\r\n\r\n"), 400, malformed),
    ]

    @Test(
        "Invariant 11: a request that violates HTTP/1.1 gets a problem, and the connection closes",
        arguments: lines + fields + bodies
    )
    func refuses(row: Row) throws {
        var limits = ConnectionLimits()
        limits.maximumBodySize = 1024
        let connection = try TestConnection(limits: limits)
        let answer = try connection.receive(row.bytes)
        #expect(answer.hasPrefix("HTTP/1.1 \(row.status) "))
        #expect(answer.contains("Content-Type: application/problem+json\r\n"))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(answer.contains("urn:live-progress:problem:\(row.problem)\""))
        #expect(answer.ranges(of: "problem+json").count == 1, "only one response")
        connection.channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!connection.channel.isActive)
    }

    /// Valid requests to send first; some of their bodies look like the end of a head.
    private static let answered = [
        "", get(), put("Content-Length: 8\r\n", "\r\n\r\n\r\n\r\n"),
        put("Transfer-Encoding: chunked\r\n", "4\r\n\r\n\r\n\r\n0\r\nX: y\r\n\r\n"),
    ]

    @Test(
        "the response is the same for every split of the bytes and after earlier requests",
        arguments: lines + fields + bodies
    )
    func cuts(row: Row) throws {
        func answer(_ pieces: [ArraySlice<UInt8>]) throws -> String {
            var limits = ConnectionLimits()
            limits.maximumBodySize = 1024
            let connection = try TestConnection(limits: limits)
            return try pieces.map { try connection.receive($0) }.joined()
        }
        for bytes in Self.answered.map({ Array(($0 + row.bytes).utf8) }) {
            let whole = try answer([bytes[...]])
            #expect(whole.contains("urn:live-progress:problem:\(row.problem)\""))
            if bytes.count < 400 { #expect(try answer(bytes.indices.map { bytes[$0...$0] }) == whole, "byte by byte") }
        }
        // Split long requests only near their start and end.
        let bytes = Array(row.bytes.utf8)
        let whole = try answer([bytes[...]])
        for index in bytes.indices where index < 100 || index > bytes.count - 20 {
            #expect(try answer([bytes[..<index], bytes[index...]]) == whole, "cut at \(index)")
        }
    }

    @Test(
        "an unusual but valid request is accepted",
        arguments: [
            "\r\n\r\n" + get(), get("/?q=%00|{}"), get("http://a/"), get("HTTP://A/x?y"), get("/", "Host:\r\n"),
            get("/", "Host: [::1]:80\r\n"), get("/", "Host: a_b.example.:8080\r\n"), get("/", "hOST:a\r\n"),
            get("/", "Host: a:\r\n"), get("/", "Host: a\r\nUser-Agent: é\r\n"),
            "GET / HTTP/1.0\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
            put("Transfer-Encoding: CHUNKED\r\n", "1;a=b\r\nx\r\n0\r\nX: y\r\n\r\n"),
            put("Content-Length: 0001\r\n", "x"),
        ]
    )
    func passes(request: String) throws {
        let connection = try TestConnection()
        #expect(try connection.receive(request).hasSuffix("ok"))
    }

    @Test(
        "bytes after a pipelined request line are not judged as part of this line",
        arguments: [
            (get() + "GET / HTTP/1.1\r\nHost: a", "\r\n\r\n"),
            (get() + "GET / HTTP/1.1\r\nHost: a\r\nX: ", long + "\r\n\r\n"),
            (put("Content-Length: 1\r\n", "x") + "GET / HTTP/1.1\r\nHost: a\r\nX: ", long + "\r\n\r\n"),
            (put("Content-Length: 1\r\n"), "xGET / HTTP/1.1\r\nHost: a\r\nX: " + long + "\r\n\r\n"),
            (get() + "GET / HTTP/1.1\r\nHost: a", "\r\n\r\n4\n"),
        ]
    )
    func pipelined(first: String, second: String) throws {
        let connection = try TestConnection()
        let answers = try connection.receive(first) + connection.receive(second)
        #expect(answers.ranges(of: "HTTP/1.1 200 ").count == 2)
        #expect(answers.contains("HTTP/1.1 400 ") == second.hasSuffix("4\n"))
    }

    @Test(
        "a request line without an end gets 414, also in a later request",
        arguments: [
            [get()], [get() + get()], [put("Content-Length: 1\r\n", "x")], [put("Content-Length: 2\r\n", "x"), "x"],
            [put("Transfer-Encoding: chunked\r\n", "1\r\nx\r\n0\r\n\r\n")],
        ]
    )
    func laterLine(pieces: [String]) throws {
        let connection = try TestConnection()
        for piece in pieces { try connection.receive(piece) }
        #expect(try connection.receive("GET /" + Self.long).hasPrefix("HTTP/1.1 414 "))
    }

    @Test("a head that arrives slowly uses no more memory than the limit, and then gets 431")
    func drippingHead() throws {
        let connection = try TestConnection()
        try connection.receive("GET / HTTP/1.1\r\nHost: a\r\n")
        var (sent, answer) = (0, "")
        while answer.isEmpty, sent < 100_000 {
            answer = try connection.receive("X: 0123456789\r\n")
            sent += 15
        }
        #expect(answer.hasPrefix("HTTP/1.1 431 "))
        #expect(sent < 33 * 1024)
    }

    @Test("a handshake follows the same rules as other requests", arguments: ["", "Host: a b\r\n", "Host: a/\r\n"])
    func handshake(host: String) throws {
        let text = "GET / HTTP/1.1\r\n\(host)Connection: upgrade\r\nUpgrade: other\r\n\r\n"
        let connection = try TestConnection()
        #expect(try connection.receive(text).hasPrefix("HTTP/1.1 400 "))
        #expect(connection.outcome == "closed" || connection.outcome == nil)
    }
}
