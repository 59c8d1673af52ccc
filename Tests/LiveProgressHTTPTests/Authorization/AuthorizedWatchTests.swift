// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP
import Testing

@Suite("Authorization of WebSocket upgrades")
struct AuthorizedWatchTests {
    static let handshake: HTTPFields = [
        .upgrade: "websocket", .connection: "Upgrade", .secWebSocketVersion: "13",
        .secWebSocketKey: "dGhlIHNhbXBsZSBub25jZQ==",
    ]

    private func decide(_ fixture: Fixture, _ path: String, _ fields: HTTPFields = [:]) async -> WatchDecision {
        var all = Self.handshake
        all.append(contentsOf: fields)
        let decision = fixture.api.watch(Fixture.request(.get, path, all))
        if case .later(let decide) = decision { return await decide() }
        return decision
    }

    private func status(_ decision: WatchDecision) -> Int {
        switch decision {
        case .accept: 101
        case .refuse(let answer): answer.head.status.code
        case .notOurs, .later: 0
        }
    }

    @Test(
        "An upgrade needs the same permission as a GET",
        arguments: [
            (nil, "/a", 401), (nil, "/none", 401), ("bad", "/a", 401), ("watch-a", "/a", 101), ("watch-a", "/b", 404),
            ("report-a", "/a", 403), ("watch-a", "", 403), ("list-red", "", 101), ("admin", "/b", 101),
        ] as [(String?, String, Int)],
        [false, true]
    )
    func table(_ each: (token: String?, path: String, status: Int), isSlow: Bool) async throws {
        let fields: HTTPFields = each.token.map { [.authorization: "Bearer \($0)"] } ?? [:]
        #expect(status(await decide(try Fixture.guarded(isSlow: isSlow), each.path, fields)) == each.status)
    }

    @Test("A browser may send its token as a subprotocol; the server never selects this subprotocol")
    func subprotocol() async throws {
        let fixture = try Fixture.guarded()
        for (asked, chosen) in [
            ("live-progress.v1, live-progress.bearer.watch-a", "live-progress.v1"),
            ("live-progress.bearer.watch-a", nil),
        ] {
            let decision = await decide(fixture, "/a", [.secWebSocketProtocol: asked])
            guard case .accept(let acceptance) = decision else { return #expect(status(decision) == 101) }
            #expect(acceptance.subprotocol == chosen)
        }
        #expect(status(await decide(fixture, "/b", [.secWebSocketProtocol: "live-progress.bearer.watch-a"])) == 404)
    }

    @Test(
        "Credentials come from the Authorization field, then the subprotocol, then the query",
        arguments: [
            ("", [:], nil),
            ("", [.authorization: "Bearer t"], .bearer("t")),
            ("", [.authorization: "bearer  t"], .bearer("t")),
            ("", [.authorization: "Basic t"], nil),
            ("", [.authorization: "Bearer "], nil),
            ("?ticket=x", [.authorization: "Basic t"], nil),
            ("?ticket=x", [.secWebSocketProtocol: "live-progress.bearer.t"], .bearer("t")),
            ("?access_token=a%2Eb&ticket=x", [:], .ticket("x")),
            ("?access_token=a%2Eb", [:], .queryToken("a.b")),
        ] as [(String, HTTPFields, ProgressCredential?)]
    )
    func credentials(_ query: String, _ fields: HTTPFields, _ credential: ProgressCredential?) {
        let request = ProgressAccessRequest(head: Fixture.request(.get, "/a" + query, fields))
        #expect(request.credential == credential)
        #expect(!String(describing: request.credential).contains("a.b"))
    }
}
