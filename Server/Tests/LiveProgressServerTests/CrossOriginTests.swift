// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressServer
import Testing

@Suite("Pages of other sites", .timeLimit(.minutes(2)))
struct CrossOriginTests {
    private static let friend = "https://friend.example"

    @Test(
        "only routes without data accept requests from another origin or for another host name",
        arguments: [
            ("/", 403), ("/metrics", 403), ("/openapi.yaml", 403), ("/asyncapi.yaml", 403), ("/api/v1/progress", 403),
            ("/api/v1/progress/a", 403), ("/nowhere", 403), ("/healthz", 200), ("/readyz", 200),
            ("/live-progress.js", 200),
        ]
    )
    func routes(path: String, status: Int) async throws {
        try await withServer { server in
            for origin in ["https://evil.example", "null"] {
                let answer = try await server.answer("GET \(path) HTTP/1.1", "Origin: \(origin)")
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
                // The module is public, and a page of another site can only load it with this field.
                let isModule = path == "/live-progress.js"
                #expect(answer.contains("Access-Control-Allow-Origin: *\r\n") == isModule)
                #expect(answer.contains("Access-Control-") == isModule)
            }
            let client = try await RawClient(server)
            try await client.send("GET \(path) HTTP/1.1", "Host: evil.example", "Connection: close")
            #expect(try await client.untilClosed().hasPrefix("HTTP/1.1 \(status == 403 ? 421 : status) "))
        }
    }

    @Test("requests from another origin change nothing", arguments: ["POST", "PUT", "PATCH", "DELETE"])
    func changes(method: String) async throws {
        try await withServer { server in
            let tracker = try server.service.createProgress(id: ProgressID("a"))
            let line = "\(method) /api/v1/progress\(method == "POST" ? "" : "/a") HTTP/1.1"
            for field in ["Origin: https://evil.example", "Sec-Fetch-Site: cross-site"] {
                let answer = try await server.answer(line, field, body: "{}")
                #expect(answer.hasPrefix("HTTP/1.1 403 "))
                #expect(answer.contains("origin-not-allowed"))
            }
            #expect(server.service.operationCount == 1)
            tracker.succeed()
        }
    }

    @Test(
        "a listed origin can send requests, read responses and upgrade; responses name only the origin"
    )
    func listedOrigin() async throws {
        try await withServer {
            $0.origins = [Self.friend]
        } _: { server in
            let preflight = try await server.answer(
                "OPTIONS /api/v1/progress/a HTTP/1.1",
                "Origin: \(Self.friend)",
                "Access-Control-Request-Method: PUT",
                "Access-Control-Request-Headers: content-type"
            )
            #expect(preflight.hasPrefix("HTTP/1.1 204 "))
            #expect(preflight.contains("Access-Control-Allow-Origin: \(Self.friend)\r\n"))
            #expect(preflight.contains("Access-Control-Allow-Methods: GET, HEAD, POST, PUT, PATCH, DELETE\r\n"))
            let put = try await server.answer("PUT /api/v1/progress/a HTTP/1.1", "Origin: \(Self.friend)", body: "{}")
            #expect(put.hasPrefix("HTTP/1.1 201 "))
            for answer in [preflight, put] {
                #expect(answer.contains("Access-Control-Allow-Origin: \(Self.friend)\r\n"))
                #expect(answer.contains("Vary: Origin\r\n"))
                #expect(!answer.contains("Allow-Credentials"))
            }
            let own = try await server.answer("GET /api/v1/progress/a HTTP/1.1")
            #expect(own.contains("Vary: Accept, Origin\r\n"))
            #expect(!own.contains("Access-Control-"))
            let other = try await server.answer(
                "OPTIONS /api/v1/progress/a HTTP/1.1",
                "Origin: https://friend.example.evil",
                "Access-Control-Request-Method: PUT"
            )
            #expect(other.hasPrefix("HTTP/1.1 403 "))
            #expect(try await server.upgrade("/api/v1/progress", origin: Self.friend).hasPrefix("HTTP/1.1 101 "))
        }
    }

    @Test("an upgrade from another origin is refused", arguments: ["https://evil.example", "null"])
    func upgrades(origin: String) async throws {
        try await withServer { server in
            let answer = try await server.upgrade("/api/v1/progress", origin: origin)
            #expect(answer.hasPrefix("HTTP/1.1 403 "))
            #expect(answer.contains("application/problem+json"))
            #expect(answer.lowercased().contains("connection: close\r\n"))
        }
    }
}

extension RunningServer {
    /// Requests an upgrade on a new connection, and returns the head of the response.
    fileprivate func upgrade(_ path: String, origin: String) async throws -> String {
        let client = try await RawClient(self)
        try await client.send(
            "GET \(path) HTTP/1.1",
            "Host: 127.0.0.1:\(port)",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            "Origin: \(origin)"
        )
        try await client.wait(for: "\r\n\r\n")
        return try await client.received()
    }
}
