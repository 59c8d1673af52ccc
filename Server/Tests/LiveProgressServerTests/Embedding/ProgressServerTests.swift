// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Hummingbird
import HummingbirdCore
import LiveProgress
@_spi(Server) import LiveProgressClient
@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressHummingbird
@_spi(Server) import LiveProgressNIO
import NIOCore
import Synchronization
import Testing

@testable import LiveProgressServer

/// An authorizer that grants the first request and refuses all others, like a one-time ticket.
private final class OneTime: ProgressAuthorizer {
    private let count = Atomic(0)

    var askedCount: Int { count.load(ordering: .relaxed) }

    func authorize(_ request: ProgressAccessRequest) -> ProgressAuthorization {
        guard count.wrappingAdd(1, ordering: .relaxed).oldValue == 0 else { return .refused("It has been used.") }
        return .granted(ProgressPrincipal(grants: [ProgressGrant([.watch], for: .everything)]))
    }
}

@Suite("Live Progress in a Hummingbird application", .timeLimit(.minutes(2)))
struct ProgressServerTests {
    private static let paths = [nil, "/internal/jobs", "jobs/"] as [String?]

    private static func upgrade(_ path: String, of server: RunningServer, _ fields: String...) async throws -> RawClient
    {
        let client = try await RawClient(server)
        let lines =
            [
                "GET \(path) HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: websocket",
                "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            ] + fields + ["", ""]
        try await client.channel.writeAndFlush(ByteBuffer(string: lines.joined(separator: "\r\n")))
        return client
    }

    @Test("routes, links, the page, WebSockets and the client use the configured path", arguments: paths)
    func mounted(path: String?) async throws {
        let progress = ProgressServer(ProgressService(), at: path)
        let base = progress.configuration.path
        try await withApplication(progress) { server in
            #expect(try await server.answer("GET /own HTTP/1.1").hasSuffix("its own"))
            let id = ProgressID("a")
            #expect(progress.path(of: id) == "\(base)/a")
            #expect(try await server.answer("PUT \(base)/a HTTP/1.1").hasPrefix("HTTP/1.1 201 "))
            let page = try await server.answer("GET \(base)/a HTTP/1.1", "Accept: text/html")
            #expect(page.hasPrefix("HTTP/1.1 200 ") && page.contains("<!doctype html>"))
            let list = try await server.answer("GET \(base) HTTP/1.1", "Accept: text/html")
            #expect(list.contains("data-api=\"\(base.dropFirst())\""))
            let watcher = try await Self.upgrade("\(base)/a", of: server)
            try await watcher.wait(for: #"{"state":"Pending","details":null}"#)
            watcher.channel.close(promise: nil)
            if base != "/api/v1/progress" {
                #expect(try await server.answer("GET /api/v1/progress/a HTTP/1.1").hasPrefix("HTTP/1.1 404 "))
            }
            let client = try ProgressClient(url: server.url, apiPath: path)
            let created = try await client.create(id: ProgressID("b")).snapshot
            var report = ProgressReport(state: "Done")
            report.outcome = .succeeded(result: nil)
            _ = try await client.report(created.id, report)
            var last: String?
            for try await event in client.events(of: created.id) { last = event.snapshot.state }
            #expect(last == "Done")
        }
    }

    @Test(
        "by default, upgrades and requests of a page of another site get 403",
        arguments: paths
    )
    func refusesOrigins(path: String?) async throws {
        let progress = ProgressServer(ProgressService(), at: path)
        let base = progress.configuration.path
        let tracker = try progress.service.createProgress(id: ProgressID("a"))
        try await withApplication(progress) { server in
            for origin in ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"] {
                let bytes = try await Self.upgrade("\(base)/a", of: server, origin)
                #expect(try await bytes.untilClosed().hasPrefix("HTTP/1.1 403 "))
                let handlers = try await Self.upgrade("\(base)/a", of: server, origin, "X-Unusual:\tx")
                #expect(try await handlers.untilClosed().hasPrefix("HTTP/1.1 403 "))
                let methods = ["POST \(base)", "PUT \(base)/a", "PATCH \(base)/a", "DELETE \(base)/a", "GET \(base)/a"]
                for method in methods {
                    let answer = try await server.answer("\(method) HTTP/1.1", origin, body: "{}")
                    #expect(answer.hasPrefix("HTTP/1.1 403 "), "\(method) \(origin)")
                }
            }
            // DNS rebinding: the application listens on a loopback address, and the Host is another name.
            let named = try await RawClient(server)
            try await named.send("GET \(base)/a HTTP/1.1", "Host: evil.example", "Connection: close")
            #expect(try await named.untilClosed().hasPrefix("HTTP/1.1 421 "))
            let own = try await Self.upgrade("\(base)/a", of: server, "Origin: http://localhost")
            try await own.wait(for: "HTTP/1.1 101 ")
            own.channel.close(promise: nil)
        }
        tracker.succeed()
    }

    /// The request context of these routes has no remote address, and the proxy's header fields must still be accepted.
    @Test("behind a trusted proxy, a page of the forwarded host is accepted by routes and upgrades")
    func behindProxy() async throws {
        var configuration = ProgressServer.Configuration()
        configuration.trustedProxies = try TrustedProxies(["127.0.0.1"])
        let progress = ProgressServer(ProgressService(), configuration: configuration)
        try await withApplication(progress) { server in
            let forwarded = "Forwarded: for=203.0.113.9;proto=https;host=app.example"
            for (origin, isLetIn) in [("https://app.example", true), ("http://localhost", false)] {
                let answer = try await server.answer("GET /api/v1/progress HTTP/1.1", forwarded, "Origin: \(origin)")
                #expect(answer.hasPrefix("HTTP/1.1 \(isLetIn ? 200 : 403) "))
                let client = try await Self.upgrade("/api/v1/progress", of: server, forwarded, "Origin: \(origin)")
                try await client.wait(for: "HTTP/1.1 \(isLetIn ? 101 : 403) ")
                client.channel.close(promise: nil)
            }
        }
    }

    @Test("an application that stops ends all watchers' connections, and does not wait for clients that do not answer")
    func leaves() async throws {
        let progress = ProgressServer(ProgressService())
        let tracker = try progress.service.createProgress(id: ProgressID("a"))
        let (clients, idle) = try await withApplication(progress) { server in
            let id = ProgressID("a")
            var clients: [RawClient] = []
            for _ in 0..<3 {
                clients.append(try await RawClient(watching: id, of: server))
                let stream = try await RawClient(server)
                try await stream.send("GET /api/v1/progress/a HTTP/1.1", "Host: localhost", "Accept: text/event-stream")
                try await stream.wait(for: "Pending")
                clients.append(stream)
            }
            return (clients, try await RawClient(server))
        }
        for (index, client) in clients.enumerated() {
            let text = try await client.untilClosed()
            // The close frame has the code 1001 and a reason. The raw clients do not answer the close frame.
            if index.isMultiple(of: 2) {
                #expect(text.utf8.firstRange(of: Array("going away".utf8)) != nil)
            } else {
                #expect(text.hasSuffix("0\r\n\r\n"), "the last chunk marks a complete stream")
            }
        }
        _ = try await idle.untilClosed()
        #expect(progress.hosting.registry.count == 0)
        tracker.succeed()
    }

    @Test("streams also end with another server type, which has no WebSockets")
    func leavesOtherServer() async throws {
        let progress = ProgressServer(ProgressService())
        let tracker = try progress.service.createProgress(id: ProgressID("a"))
        let stream = try await withApplication(progress, server: .http1()) { server in
            let upgrade = try await Self.upgrade("/api/v1/progress/a", of: server)
            try await upgrade.wait(for: "HTTP/1.1 503 ")
            let stream = try await RawClient(server)
            try await stream.send("GET /api/v1/progress/a HTTP/1.1", "Host: localhost", "Accept: text/event-stream")
            try await stream.wait(for: "Pending")
            return stream
        }
        #expect(try await stream.untilClosed().hasSuffix("0\r\n\r\n"))
        tracker.succeed()
    }

    @Test(
        "an upgrade request is authorized once, also if the routes answer it, and the reason of a refusal is kept",
        arguments: [(true, "op", 101), (true, "nobody", 404), (false, "op", 503), (false, "nobody", 404)]
    )
    func decidesOnce(isOwnServer: Bool, id: String, status: Int) async throws {
        let authorizer = OneTime()
        var configuration = ProgressServer.Configuration()
        configuration.authorizer = authorizer
        let progress = ProgressServer(ProgressService(), configuration: configuration)
        let tracker = try progress.service.createProgress(id: ProgressID("op"))
        try await withApplication(progress, server: isOwnServer ? nil : .http1()) { server in
            let client = try await Self.upgrade("/api/v1/progress/\(id)", of: server)
            try await client.wait(for: "HTTP/1.1 \(status) ")
            client.channel.close(promise: nil)
        }
        #expect(authorizer.askedCount == 1)
        tracker.succeed()
    }

    @Test("a refused upgrade calls onRefusal, because no middleware handles it")
    func tellsOfRefusals() async throws {
        let (refusals, told) = AsyncStream<Int>.makeStream()
        var configuration = ProgressServer.Configuration()
        configuration.onRefusal = { _, answer in told.yield(answer.head.status.code) }
        let progress = ProgressServer(ProgressService(), configuration: configuration)
        try await withApplication(progress) { server in
            let client = try await Self.upgrade("/api/v1/progress/nobody", of: server)
            #expect(try await client.untilClosed().hasPrefix("HTTP/1.1 404 "))
        }
        told.finish()
        var statuses: [Int] = []
        for await status in refusals { statuses.append(status) }
        #expect(statuses == [404])
    }
}
