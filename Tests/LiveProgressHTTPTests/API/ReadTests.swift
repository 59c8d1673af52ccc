// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
@_spi(Server) import LiveProgressWire
import Testing

@testable @_spi(Server) import LiveProgressHTTP

@Suite("GET reads an operation")
struct ReadTests {
    private let fixture = Fixture { configuration in
        configuration.pages = HTMLPages(
            operation: { HTMLPage(body: Array("page of \($0.id)".utf8), fields: [.contentSecurityPolicy: "x"]) },
            list: { HTMLPage(body: Array("list".utf8)) },
            problem: { HTMLPage(body: Array("sorry: \($0.title)".utf8)) }
        )
    }

    @Test("A snapshot has its cursor as entity tag, and Cache-Control: no-cache")
    func snapshot() async throws {
        let created = await fixture.form(.put, "/a", "state=Copying&completedCount=1")
        let answer = await fixture.send(.get, "/a")
        #expect(answer.status == 200)
        #expect(answer.text.dropLast() + #","lease":60}"# == created.text)
        #expect(try ProgressMessage.decodeSnapshot(answer.bytes).state == "Copying")
        #expect(answer[.eTag] == "\"e-1\"")
        #expect(answer[.contentType] == "application/json")
        #expect(answer[.cacheControl] == "no-cache")
        #expect(answer[.vary] == "Accept")
        #expect(answer[.xContentTypeOptions] == "nosniff")
        #expect(answer[.contentLength] == "\(answer.bytes.count)")
    }

    @Test(
        "If-None-Match gives 304 if the client has the current revision",
        arguments: [
            ("\"e-1\"", 304), ("W/\"e-1\"", 304), ("\"x\", \"e-1\"", 304), ("*", 304), ("\"e-0\"", 200),
            ("\"f-1\"", 200),
            ("e-1", 400),
        ]
    )
    func ifNoneMatch(field: String, status: Int) async {
        _ = await fixture.form(.put, "/a", "state=x")
        let answer = await fixture.send(.get, "/a", [.ifNoneMatch: field])
        #expect(answer.status == status)
        if status == 304 {
            #expect(answer.isEmpty)
            #expect(answer[.eTag] == "\"e-1\"")
            #expect(answer[.cacheControl] == "no-cache")
            #expect(answer[.vary] == "Accept")
            #expect(answer[.contentLength] == nil)
        }
    }

    @Test(
        "The Accept field selects a snapshot, a page or a stream at one URL",
        arguments: [
            ("*/*", "application/json"), ("application/json", "application/json"),
            ("text/event-stream", "text/event-stream"), ("application/x-ndjson", "application/x-ndjson"),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ]
    )
    func negotiation(accept: String, type: String) async {
        _ = await fixture.send(.put, "/a")
        for path in ["/a", ""] {
            let answer = await fixture.send(.get, path, [.accept: accept])
            #expect(answer.status == 200)
            #expect(answer[.contentType] == type)
            #expect(answer[.vary] == "Accept")
            let head = await fixture.send(.head, path, [.accept: accept])
            #expect(head.status == 200)
            #expect(head.isEmpty)
            #expect(head.response.head.headerFields == answer.response.head.headerFields)
        }
    }

    @Test("An unsupported media type is rejected with the supported types")
    func notAcceptable() async {
        _ = await fixture.send(.put, "/a")
        for path in ["/a", ""] {
            let answer = await fixture.send(.get, path, [.accept: "image/png"])
            #expect(answer.status == 406)
            #expect(answer.problem == "not-acceptable")
            #expect(answer.json["detail"]?.stringValue?.contains("text/event-stream") == true)
            #expect(answer[.vary] == "Accept")
        }
        let bare = Fixture()
        _ = await bare.send(.put, "/a")
        #expect(await bare.send(.get, "/a", [.accept: "text/html"]).status == 406)
    }

    @Test("The page of an operation keeps its own header fields and is not stored")
    func page() async {
        _ = await fixture.send(.put, "/a")
        let answer = await fixture.send(.get, "/a", [.accept: "text/html"])
        #expect(answer.text == "page of a")
        #expect(answer[.contentSecurityPolicy] == "x")
        #expect(answer[.cacheControl] == "no-store")
        let missing = await fixture.send(.get, "/b", [.accept: "text/html"])
        #expect(missing.status == 404)
        #expect(missing.text == "sorry: Unknown operation")
    }

    @Test("Invariant 12: an unused identifier and an invalid identifier get the same response")
    func unknown() async {
        let missing = await fixture.send(.get, "/nothing")
        #expect(missing.status == 404)
        #expect(missing.problem == "unknown")
        for path in ["/a%20b", "/\(String(repeating: "a", count: 129))", "/%C3%A9"] {
            let invalid = await fixture.send(.get, path)
            #expect(invalid.status == 404)
            #expect(invalid.text == missing.text)
        }
    }

    @Test("After its retention, an operation is gone, and later unknown")
    func retention() async {
        _ = await fixture.form(.put, "/a", "status=succeeded")
        fixture.time.advance(by: .seconds(24 * 3600 - 1))
        #expect(await fixture.send(.get, "/a").status == 200)
        fixture.time.advance(by: .seconds(1))
        let gone = await fixture.send(.get, "/a")
        #expect(gone.status == 410)
        #expect(gone.problem == "gone")
        fixture.time.advance(by: .seconds(24 * 3600))
        #expect(await fixture.send(.get, "/a").status == 404)
    }

    @Test("The response to HEAD has the problem's header fields and no body")
    func headOfProblem() async {
        let answer = await fixture.send(.head, "/a")
        #expect(answer.status == 404)
        #expect(answer.isEmpty)
        #expect(answer[.contentType] == "application/problem+json")
        #expect(answer[.contentLength] == "\(await fixture.send(.get, "/a").bytes.count)")
    }
}
