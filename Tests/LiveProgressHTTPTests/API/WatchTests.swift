// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire
import Testing

@testable import LiveProgressHTTP

@Suite("Upgrade requests")
struct WatchTests {
    private let fixture = Fixture()
    private static let handshake: HTTPFields = [
        .upgrade: "websocket", .connection: "Upgrade", .secWebSocketVersion: "13",
        .secWebSocketKey: "dGhlIHNhbXBsZSBub25jZQ==",
    ]

    init() throws {
        _ = try fixture.service.createJournal(id: ProgressID("a"))
    }

    private func decide(
        _ path: String,
        _ method: HTTPRequest.Method = .get,
        _ change: (inout HTTPFields) -> Void = { _ in }
    ) -> WatchDecision {
        var fields = Self.handshake
        change(&fields)
        return fixture.api.watch(Fixture.request(method, path, fields))
    }

    private func acceptance(_ decision: WatchDecision) throws -> WatchAcceptance {
        guard case .accept(let acceptance) = decision else {
            throw ProgressProblem(title: "The upgrade was refused.")
        }
        return acceptance
    }

    private func refusal(_ decision: WatchDecision) throws -> Answer {
        guard case .refuse(let response) = decision else {
            throw ProgressProblem(title: "The upgrade was accepted.")
        }
        return Answer(response)
    }

    @Test(
        "The subprotocol selects the message format; unknown subprotocols are ignored",
        arguments: [
            (nil, nil), ("live-progress.v1", "live-progress.v1"), ("chat, live-progress.v1", "live-progress.v1"),
            ("live-progress.v2", nil), ("chat", nil), ("", nil), ("LIVE-PROGRESS.V1", nil),
        ] as [(String?, String?)]
    )
    func subprotocol(asked: String?, chosen: String?) throws {
        let acceptance = try acceptance(decide("/a") { $0[.secWebSocketProtocol] = asked })
        #expect(acceptance.subprotocol == chosen)
        #expect(acceptance.format == (chosen == nil ? .plain : .full))
        guard case .operation(let journal) = acceptance.target else {
            Issue.record("the target is not an operation")
            return
        }
        #expect(journal.id == ProgressID("a"))
        #expect(acceptance.cursor == nil)
    }

    @Test("The upgrade keeps the cursor", arguments: [("/a?cursor=e-1", "e-1"), ("/a?ticket=y&cursor=%65-2", "e-2")])
    func cursor(path: String, expected: String) throws {
        #expect(try acceptance(decide(path)).cursor == expected)
    }

    @Test("An upgrade at the list opens the feed with the filters of the query")
    func feed() throws {
        let acceptance = try acceptance(decide("?label=team=data") { $0[.secWebSocketProtocol] = "live-progress.v1" })
        guard case .feed(let query) = acceptance.target else {
            Issue.record("the target is not the feed")
            return
        }
        #expect(query == ProgressQuery(labels: ["team": "data"]))
        #expect(acceptance.format == .full)
        #expect(try refusal(decide("?status=done")).problem == "invalid-query")
    }

    @Test(
        "Unknown extensions are ignored, RFC 6455 section 9.1",
        arguments: [
            "", ",", "a", "a, b;x", "a ; x = 1 ; y, , b", "a;x=\"1\\0\"",
            "permessage-deflate; server_max_window_bits=10",
        ]
    )
    func extensions(offered: String) throws {
        #expect(throws: Never.self) { try acceptance(decide("/a") { $0[.secWebSocketExtensions] = offered }) }
    }

    @Test(
        "An upgrade to a target that cannot be watched gets an HTTP response",
        arguments: [
            ("/b", HTTPRequest.Method.get, 404, "unknown"), ("/a%20b", .get, 404, "unknown"),
            ("/gone", .get, 410, "gone"),
            ("/a", .post, 405, "method-not-allowed"), ("/a", .put, 405, "method-not-allowed"),
            ("/a/cancel", .get, 405, "method-not-allowed"),
        ]
    )
    func refused(path: String, method: HTTPRequest.Method, status: Int, problem: String) throws {
        let gone = ProgressID("gone")
        _ = try fixture.service.createJournal(id: gone)
        try fixture.service.deleteProgress(gone)
        let answer = try refusal(decide(path, method))
        #expect(answer.status == status)
        #expect(answer.problem == problem)
        #expect(status != 405 || answer[.allow] != nil)
        #expect(answer[.contentLength] == "\(answer.bytes.count)")
        #expect(answer[.cacheControl] == "no-store")
    }

    @Test("A rejected HEAD has the header fields of the rejected GET, and no body")
    func refusesHead() throws {
        let answer = try refusal(decide("/a", .head))
        #expect(answer.status == 405)
        #expect(answer.isEmpty)
        #expect(answer[.contentType] == "application/problem+json")
    }

    @Test(
        "An invalid handshake is rejected with the required values",
        arguments: [
            (HTTPField.Name.secWebSocketVersion, "8", 426, "websocket-version"),
            (.secWebSocketVersion, nil, 426, "websocket-version"),
            (.secWebSocketVersion, "13, 8", 426, "websocket-version"),
            (.connection, "close", 400, "invalid-upgrade"), (.secWebSocketKey, nil, 400, "invalid-upgrade"),
            (.secWebSocketKey, "short==", 400, "invalid-upgrade"),
            (.secWebSocketKey, "dGhlIHNhbXBsZSBub25jZQ=!", 400, "invalid-upgrade"),
            (.secWebSocketKey, "dGhlIHNhbXBsZS*ub25jZQ==", 400, "invalid-upgrade"),
            (.secWebSocketProtocol, "live-progress.v1, live-progress.v1", 400, "invalid-upgrade"),
            (.secWebSocketProtocol, "live progress", 400, "invalid-upgrade"),
            (.secWebSocketProtocol, "(live-progress.v1)", 400, "invalid-upgrade"),
            (.secWebSocketExtensions, "a b", 400, "invalid-upgrade"),
            (.secWebSocketExtensions, "a;", 400, "invalid-upgrade"),
            (.secWebSocketExtensions, "a;x=,b", 400, "invalid-upgrade"),
            (.secWebSocketExtensions, "a;x=\"\"", 400, "invalid-upgrade"),
            (.secWebSocketExtensions, "a;x=\"1 0\"", 400, "invalid-upgrade"),
            (.secWebSocketExtensions, "a;x=\"10", 400, "invalid-upgrade"),
            (.contentLength, "5", 400, "invalid-upgrade"), (.transferEncoding, "chunked", 400, "invalid-upgrade"),
        ] as [(HTTPField.Name, String?, Int, String)]
    )
    func handshake(name: HTTPField.Name, value: String?, status: Int, problem: String) throws {
        let answer = try refusal(decide("/a") { $0[name] = value })
        #expect(answer.status == status)
        #expect(answer.problem == problem)
        #expect(answer[.secWebSocketVersion] == (problem == "websocket-version" ? "13" : nil))
    }

    @Test(
        "Upgrade and Connection options match among other options, in any letter case",
        arguments: [("keep-alive, upgrade", "WebSocket"), ("UPGRADE", "h2c, websocket"), (nil, "websocket")]
            as [(String?, String)]
    )
    func options(connection: String?, upgrade: String) throws {
        let decision = decide("/a") { fields in
            fields[.connection] = connection
            fields[.upgrade] = upgrade
        }
        #expect(try acceptance(decision).format == .plain)
    }

    @Test(
        "A request without a WebSocket upgrade, or outside the API, is left to the application",
        arguments: [
            ("/a", nil), ("/a", "h2c"), ("/a", "websockets"), ("/a/b", "websocket"), ("/../elsewhere", "websocket"),
        ] as [(String, String?)]
    )
    func notOurs(path: String, upgrade: String?) {
        guard case .notOurs = decide(path, .get, { $0[.upgrade] = upgrade }) else {
            Issue.record("the API decided this request")
            return
        }
    }

    @Test("While the API drains, an upgrade is rejected with Retry-After")
    func drain() throws {
        fixture.api.drain()
        let answer = try refusal(decide("/a"))
        #expect(answer.status == 503)
        #expect(answer[.retryAfter] == "2")
    }
}
