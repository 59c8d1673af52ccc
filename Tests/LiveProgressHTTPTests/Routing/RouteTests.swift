// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire
import Testing

@testable import LiveProgressHTTP

@Suite("Routes")
struct RouteTests {
    @Test(
        "Each path of the API leads to its route",
        arguments: [
            ("/api/v1/progress", .collection),
            ("/api/v1/progress/a", .operation(ProgressID("a"))),
            ("/api/v1/progress/", .collection),
            ("/api/v1/progress/a/", .operation(ProgressID("a"))),
            ("/api/v1/progress/a/cancel/", .cancel(ProgressID("a"))),
            ("/api/v1/progress/a:b@c~1", .operation(ProgressID("a:b@c~1"))),
            ("/api/v1/progress/a%3Ab", .operation(ProgressID("a:b"))),
            ("/api/v1/progress/cancel", .operation(ProgressID("cancel"))),
            ("/api/v1/progress/a/cancel", .cancel(ProgressID("a"))),
            ("/api/v1/progress/a%20b", .operation(nil)),
            ("/api/v1/progress/a%2Fcancel", .operation(nil)),
            ("/api/v1/progress/%zz", .operation(nil)),
            ("/api/v1/progress/..", .operation(nil)),
            ("/api/v1/progress/a b/cancel", .cancel(nil)),
        ] as [(String, Route)]
    )
    func leads(path: String, expected: Route) {
        #expect(Route(path: path) == expected)
    }

    @Test(
        "An API with a custom path has the same routes below this path, and no route at the default path",
        arguments: [
            ("/internal/jobs", "/internal/jobs", .collection), ("/internal/jobs", "/internal/jobs/", .collection),
            ("/internal/jobs", "/internal/jobs/a", .operation(ProgressID("a"))),
            ("/internal/jobs", "/internal/jobs/a/cancel", .cancel(ProgressID("a"))),
            ("/internal/jobs", "/internal/jobs/a b", .operation(nil)),
            ("/internal/jobs", "/internal/jobs2", nil), ("/internal/jobs", "/internal", nil),
            ("/internal/jobs", "/api/v1/progress/a", nil),
            ("", "/", .collection), ("", "/a", .operation(ProgressID("a"))), ("", "/a/b", nil),
        ] as [(String, String, Route?)]
    )
    func mounted(base: String, path: String, expected: Route?) {
        #expect(Route(path: path, under: base) == expected)
    }

    @Test(
        "The custom path may have slashes at its start and end",
        arguments: [
            ("/internal/jobs", "/internal/jobs"), ("internal/jobs/", "/internal/jobs"), ("//a//b//", "/a/b"),
            ("/", ""), ("", ""),
        ]
    )
    func mount(path: String, expected: String) {
        var configuration = ProgressAPI.Configuration()
        #expect(configuration.path == "/api/v1/progress")
        configuration.path = path
        #expect(configuration.path == expected)
    }

    @Test("The API responds at its custom path, and its links use this path")
    func mountedAPI() async throws {
        var configuration = ProgressAPI.Configuration()
        configuration.path = "/internal/jobs"
        let api = ProgressAPI(service: ProgressService(), configuration: configuration)
        func send(_ method: HTTPRequest.Method, _ path: String) async -> Answer {
            Answer(
                await api.respond(to: HTTPRequest(method: method, scheme: nil, authority: nil, path: path), body: [])
            )
        }
        let created = await send(.put, "/internal/jobs/a")
        #expect(created.status == 201)
        #expect(await send(.get, "/internal/jobs/a").status == 200)
        let other = await send(.post, "/internal/jobs")
        #expect(other[.location]?.contains("jobs/") == true)
        #expect(api.handles(path: "/internal/jobs/a?x=1"))
        #expect(!api.handles(path: "/api/v1/progress/a"))
        let elsewhere = await send(.get, "/api/v1/progress/a")
        #expect(elsewhere.problem == "no-such-resource")
        #expect(elsewhere.text.contains("/internal/jobs/{id}"))
    }

    @Test(
        "Any other path has no route",
        arguments: [
            "", "/", "/api/v1", "/api/v1/progresses", "/api/v1/progress//cancel", "/api/v1/progress//", "*",
            "/api/v1/progress/a//", "/api/v1/progress/a/b", "/api/v1/progress/a/cancel/b", "/API/v1/progress",
        ]
    )
    func nowhere(path: String) {
        #expect(Route(path: path) == nil)
    }

    @Test(
        "A request target is split into path and query",
        arguments: [
            ("/a/b?x=1&y=%2B+z", "/a/b", ["x=1", "y=+ z"]),
            ("/a?", "/a", []),
            ("/a?&&x&=y&z=", "/a", ["x=", "=y", "z="]),
            ("/a?x=1#f", "/a", ["x=1"]),
            ("http://host:80/a/b?x=1=2", "/a/b", ["x=1=2"]),
            ("http://host", "", []),
            ("http://host?x=1", "", ["x=1"]),
            ("*", "*", []),
            ("/a?u=http://x/y", "/a", ["u=http://x/y"]),
        ] as [(String, String, [String])]
    )
    func target(text: String, path: String, items: [String]) throws {
        let target = RequestTarget(text)
        #expect(target.path == path)
        #expect(try target.queryItems().map { "\($0.name)=\($0.value)" } == items)
    }

    @Test("A query that is not UTF-8 has no items", arguments: ["x=%ff", "%e2%82=1", "a=b&%c0%80"])
    func brokenQuery(query: String) {
        #expect(throws: WireError.self) { try RequestTarget("/a?" + query).queryItems() }
    }
}

@Suite("Filters of the list")
struct ListQueryTests {
    private func query(_ items: String) throws -> ProgressQuery {
        let known = Route.collection.parameters(for: .get)
        return try ProgressQuery(QueryParameters(RequestTarget("/?" + items), known: known), maximumLimit: 500)
    }

    @Test(
        "The filters of the query are parsed",
        arguments: [
            ("", ProgressQuery()),
            ("status=running", ProgressQuery(statuses: [.running])),
            ("status=running,failed&status=stalled", ProgressQuery(statuses: [.running, .failed, .stalled])),
            ("label=team=data", ProgressQuery(labels: ["team": "data"])),
            ("label=team%3Ddata", ProgressQuery(labels: ["team": "data"])),
            ("label=url=http://a/?b=c&label=x=y", ProgressQuery(labels: ["url": "http://a/?b=c", "x": "y"])),
            ("label=a.b=c&label=a.b=c", ProgressQuery(labels: ["a.b": "c"])),
            ("label=a:b=c:d", ProgressQuery(labels: ["a:b": "c:d"])),
            ("parent=p1&limit=500&pageToken=7", ProgressQuery(parent: ProgressID("p1"), limit: 500, pageToken: "7")),
        ] as [(String, ProgressQuery)]
    )
    func reads(items: String, expected: ProgressQuery) throws {
        #expect(try query(items) == expected)
    }

    @Test(
        "An invalid filter is rejected with a 400 that names the filter",
        arguments: [
            ("status=done", "status"), ("status=Running", "status"), ("label=team", "label=NAME=VALUE"),
            ("label==x", "label=NAME=VALUE"), ("label=a=", "label=NAME=VALUE"), ("label=a=x&label=a=y", "label"),
            ("label=team:data", "label=team=data"), ("label=a:b:c", "label=a=b:c"), ("label=:x", "label=NAME=VALUE"),
            ("label.team=data", "label=team=data"), ("label.=x", "label=NAME=VALUE"), ("parent=a%20b", "parent"),
            ("parent=", "parent"),
            ("limit=0", "limit"), ("limit=501", "limit"), ("limit=ten", "limit"), ("pageToken=x", "pageToken"),
            ("status=running,", "status"), ("status=,", "status"), ("status=", "status"), ("unknown=x", "pageToken"),
        ]
    )
    func refuses(items: String, name: String) {
        let refusal = #expect(throws: Refusal.self) { try query(items) }
        #expect(refusal?.problem.status == 400)
        #expect(refusal?.problem.detail?.contains(name) == true)
    }
}
