// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
@_spi(Server) import LiveProgressHTTP
import LiveProgressServer
@_spi(Server) import LiveProgressWire
import NIOCore
import Testing

@testable import LiveProgress

@Suite("The server's routes", .timeLimit(.minutes(2)))
struct ServerRoutesTests {
    @Test(
        "every route has its status code, media type and security header fields",
        arguments: [
            ("/", 200, "text/html"), ("/healthz", 200, "text/plain"), ("/readyz", 200, "text/plain"),
            ("/metrics", 200, "text/plain; version=0.0.4"), ("/openapi.yaml", 200, "application/yaml"),
            ("/asyncapi.yaml", 200, "application/yaml"), ("/live-progress.js", 200, "text/javascript"),
            ("/api/v1/progress", 200, "application/json"), ("/nowhere", 404, "application/problem+json"),
            ("/api/v1/progress/nobody", 404, "application/problem+json"),
            ("/api/v1/progress/a/b/c", 404, "application/problem+json"),
        ]
    )
    func routes(path: String, status: Int, type: String) async throws {
        try await withServer { server in
            for method in ["GET", "HEAD"] {
                let answer = try await server.answer("\(method) \(path) HTTP/1.1")
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
                #expect(answer.contains("Content-Type: \(type)"))
                #expect(answer.contains("Content-Security-Policy: "))
                #expect(answer.contains("X-Content-Type-Options: nosniff"))
                #expect(answer.contains("frame-ancestors "))
                #expect(answer.contains("Referrer-Policy: no-referrer"))
                #expect(answer.contains("Permissions-Policy: "))
                #expect(answer.contains("Cross-Origin-Opener-Policy: same-origin"))
                let isForEveryPage = path == "/live-progress.js"
                let resources = "Cross-Origin-Resource-Policy: \(isForEveryPage ? "cross" : "same")-origin"
                #expect(answer.contains(resources))
                #expect(!answer.contains("Strict-Transport-Security"), "HSTS is not sent over plain HTTP")
                #expect(answer.hasSuffix("\r\n\r\n") == (method == "HEAD"), "HEAD has no body, GET has a body")
            }
        }
    }

    @Test(
        "a request that is refused before the routes has the same security header fields",
        arguments: ["GET / HTTP/3.0", "G@T", "GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 40_000))"]
    )
    func refusals(head: String) async throws {
        try await withServer { server in
            let answer = try await server.answer(head)
            #expect(answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.1 505"))
            for field in SafeFields.all { #expect(answer.contains("\(field.name.rawName): \(field.value)")) }
        }
    }

    @Test("a forwarded host is accepted from a trusted proxy, and refused from other peers")
    func outsideName() async throws {
        for (proxies, status) in [(["127.0.0.1"], 200), (["10.0.0.0/8"], 403)] {
            try await withServer {
                $0.transport.trustedProxies = (try? TrustedProxies(proxies)) ?? TrustedProxies()
            } _: { server in
                for path in ["/", "/api/v1/progress"] {
                    let answer = try await server.answer(
                        "GET \(path) HTTP/1.1",
                        "X-Forwarded-For: 203.0.113.9",
                        "X-Forwarded-Proto: https",
                        "X-Forwarded-Host: progress.example",
                        "Origin: https://progress.example"
                    )
                    #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
                }
            }
        }
    }

    @Test(
        "behind a trusted proxy, only a page of the forwarded host can open a WebSocket",
        arguments: [("https://progress.example", 101), ("https://evil.example", 403), ("https://127.0.0.1", 403)]
    )
    func outsideUpgrade(origin: String, status: Int) async throws {
        try await withServer {
            $0.transport.trustedProxies = (try? TrustedProxies(["127.0.0.1"])) ?? TrustedProxies()
        } _: { server in
            let client = try await RawClient(server)
            try await client.send(
                "GET /api/v1/progress HTTP/1.1",
                "Host: 127.0.0.1:\(server.port)",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                "Forwarded: for=203.0.113.9;proto=https;host=progress.example",
                "Origin: \(origin)"
            )
            try await client.wait(for: "HTTP/1.1 \(status) ")
            client.channel.close(promise: nil)
        }
    }

    @Test("a form is accepted as a report, and a browser receives the page of the operation")
    func reportAndPage() async throws {
        try await withServer { server in
            let put = try await server.answer(
                "PUT /api/v1/progress/a HTTP/1.1",
                "Content-Type: application/x-www-form-urlencoded",
                body: "state=Copying&completedCount=3&totalCount=10"
            )
            #expect(put.hasPrefix("HTTP/1.1 201 "))
            let id = ProgressID("a")
            #expect(try server.service.getJournal(id).snapshot().state == "Copying")
            let page = try await server.answer("GET /api/v1/progress/a HTTP/1.1", "Accept: text/html")
            #expect(page.contains("Content-Type: text/html"))
            #expect(page.contains("Content-Security-Policy: default-src 'none'; script-src 'sha256-"))
        }
    }

    @Test(
        "a refused upgrade has a complete response",
        arguments: [
            ("/api/v1/progress/nobody", "13", nil, 404), ("/", "13", nil, 200),
            ("/api/v1/progress", "8", nil, 426),
            ("/api/v1/progress", "13", "https://evil.example", 403),
        ] as [(String, String, String?, Int)]
    )
    func refusedUpgrade(path: String, version: String, origin: String?, status: Int) async throws {
        try await withServer { server in
            let client = try await RawClient(server)
            try await client.send(
                "GET \(path) HTTP/1.1",
                "Host: 127.0.0.1:\(server.port)",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: \(version)",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                "Origin: \(origin ?? "http://127.0.0.1:\(server.port)")"
            )
            #expect(try await client.untilClosed().hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test("a connection can become a WebSocket after other requests")
    func laterUpgrade() async throws {
        try await withServer { server in
            let tracker = try server.service.createProgress()
            let client = try await RawClient(server)
            try await client.send("GET /healthz HTTP/1.1", "Host: localhost")
            try await client.wait(for: "ok\n")
            try await client.send(
                "GET \(ProgressRoutes.path(for: tracker.id)) HTTP/1.1",
                "Host: localhost",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
            )
            try await client.wait(for: #"{"state":"Pending","details":null}"#)
            tracker.update("Onward")
            try await client.wait(for: #"{"state":"Onward","details":null}"#)
            try await client.channel.close()
            try await server.wait(until: "websockets", is: 0)
        }
    }

    @Test(
        "a report with an incomplete body is not applied (RFC 9112 section 8)",
        arguments: [
            ["Content-Length: 100", "", #"{"state":"half"}"#],
            ["Transfer-Encoding: chunked", "", "10", #"{"state":"half"}"#],
            ["Transfer-Encoding: chunked", "", "10", #"{"state":"half"}"#, "zz"],
        ]
    )
    func brokenOff(lines: [String]) async throws {
        try await withServer { server in
            let tracker = try server.service.createProgress(id: ProgressID("a"))
            let client = try await RawClient(server)
            let head = ["PATCH /api/v1/progress/a HTTP/1.1", "Host: localhost"]
            let text = (head + lines + [""]).joined(separator: "\r\n")
            try await client.channel.writeAndFlush(ByteBuffer(string: text))
            // The server may have refused an invalid body and closed the connection before this call.
            try? await client.channel.close(mode: .output).get()
            #expect(try await client.untilClosed().hasPrefix("HTTP/1.1 400 "))
            #expect(try server.service.getJournal(tracker.id).snapshot().state == "Pending")
        }
    }

    @Test("a body over the limit is refused before its end")
    func bodyLimit() async throws {
        try await withServer {
            $0.limits.maximumBodySize = 2048
        } _: { server in
            let client = try await RawClient(server)
            try await client.send(
                "PUT /api/v1/progress/a HTTP/1.1",
                "Host: localhost",
                "Transfer-Encoding: chunked",
                "",
                "1000",
                String(repeating: "x", count: 4096)
            )
            #expect(try await client.untilClosed().hasPrefix("HTTP/1.1 413 "))
        }
    }
}
