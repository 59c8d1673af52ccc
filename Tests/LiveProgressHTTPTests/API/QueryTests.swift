// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import Testing

@testable @_spi(Server) import LiveProgressHTTP

@Suite("Query parameters")
struct QueryTests {
    /// A request to the API, and the query parameters that it supports.
    struct Operation: Sendable, CustomTestStringConvertible {
        let method: HTTPRequest.Method
        let path: String
        var accept = "application/json"
        var body = ""
        let known: [String]

        var testDescription: String { "\(method) \(path) \(accept)" }
    }

    private static let filters = ["status", "label", "parent", "limit", "pageToken"]

    private static let operations = [
        Operation(method: .get, path: "", known: filters), Operation(method: .head, path: "", known: filters),
        Operation(method: .get, path: "", accept: "text/event-stream", known: filters),
        Operation(method: .get, path: "", accept: "application/x-ndjson", known: filters),
        Operation(method: .post, path: "", body: #"{"title":"new"}"#, known: []),
        Operation(method: .get, path: "/a", known: ["cursor"]), Operation(method: .head, path: "/a", known: ["cursor"]),
        Operation(method: .get, path: "/a", accept: "text/event-stream", known: ["cursor"]),
        Operation(method: .get, path: "/a", accept: "application/x-ndjson", known: ["cursor"]),
        Operation(method: .put, path: "/a", body: #"{"state":"x"}"#, known: []),
        Operation(method: .put, path: "/b", body: #"{"state":"x"}"#, known: []),
        Operation(method: .patch, path: "/a", body: #"{"state":"x"}"#, known: []),
        Operation(method: .delete, path: "/a", known: []), Operation(method: .post, path: "/a/cancel", known: []),
    ]

    private let fixture = Fixture { configuration in
        configuration.pages = HTMLPages(operation: { _ in QueryTests.page }, list: { QueryTests.page })
    }

    private static var page: HTMLPage { HTMLPage(body: Array("<p>".utf8)) }

    init() async {
        _ = await fixture.form(.put, "/a", "cancellable=true&state=before")
    }

    private func send(_ operation: Operation, _ query: String) async -> Answer {
        let fields: HTTPFields = [.accept: operation.accept, .contentType: "application/json"]
        return await fixture.send(operation.method, "\(operation.path)?\(query)", fields, operation.body)
    }

    @Test(
        "An unknown parameter is rejected with the names of the supported parameters, and the request has no effect",
        arguments: operations,
        ["page_token=4", "x=y", "x", "=", "Status=running", "title=a", "cursors=e-1", "t%69cket2=1"]
    )
    func unknown(operation: Operation, query: String) async {
        let answer = await send(operation, query)
        #expect(answer.status == 400)
        if operation.method != .head {
            #expect(answer.problem == "invalid-query")
            let detail = answer.json["detail"]?.stringValue ?? ""
            for name in operation.known + ["ticket"] { #expect(detail.contains(name)) }
        }
        #expect(await fixture.send(.get, "/a")[.eTag] == "\"e-1\"")
        #expect(fixture.service.operationCount == 1)
    }

    @Test("A parameter of another request is unknown", arguments: operations)
    func misplaced(operation: Operation) async {
        for query in ["cursor=e-0", "limit=1", "label=a=b"] {
            let name = query.split(separator: "=").first.map(String.init) ?? ""
            let isKnown = operation.known.contains(name)
            #expect(await send(operation, query).status == (isKnown ? 200 : 400), "\(query)")
        }
    }

    @Test("The query of every request may contain credentials", arguments: operations, ["ticket=x", "access_token=x"])
    func credentials(operation: Operation, query: String) async {
        #expect(await (200..<300).contains(send(operation, query).status))
    }

    @Test("A malformed query is rejected, for any parameter", arguments: operations)
    func malformed(operation: Operation) async {
        for query in ["ticket=%", "ticket=%4", "ticket=%zz", "ticket=%ff", "%=x", "%ff=x", "ticket=x&%c0%80"] {
            #expect(await send(operation, query).status == 400, "\(query)")
        }
    }

    @Test("A parameter without a value is rejected by name", arguments: operations)
    func empty(operation: Operation) async {
        for name in operation.known + ["ticket"] {
            for query in [name, "\(name)=", "\(name)=&"] {
                let answer = await send(operation, query)
                #expect(answer.status == 400, "\(query)")
                #expect(operation.method == .head || answer.json["detail"]?.stringValue?.contains(name) == true)
            }
        }
    }

    @Test(
        "A single-value parameter must not be repeated, even with the same value",
        arguments: [
            ("", "limit=1&limit=2"), ("", "limit=1&limit=1"), ("", "parent=a&limit=3&parent=b"),
            ("", "pageToken=1&pageToken=2"), ("/a", "cursor=e-0&cursor=e-1"), ("/a", "ticket=a&ticket=b"),
            ("/a", "cursor=e-0&cursor=e-0&cursor=e-0"),
        ]
    )
    func twice(path: String, query: String) async {
        let answer = await fixture.send(.get, "\(path)?\(query)")
        #expect(answer.status == 400)
        #expect(answer.problem == "invalid-query")
        #expect(answer.json["detail"]?.stringValue?.contains("once") == true)
    }

    @Test(
        "A multi-value parameter may be repeated",
        arguments: ["status=running&status=pending", "label=a=b&label=c=d"]
    )
    func several(query: String) async {
        #expect(await fixture.send(.get, "?\(query)").status == 200)
    }

    @Test(
        "The list can be filtered by every label that an operation can have",
        arguments: [
            ("a", "b", "a=b"), ("a", "b=c", "a=b=c"), ("a", "=", "a=="), ("a:b", "c", "a:b=c"), (" ", " ", "%20=%20"),
        ]
    )
    func labels(name: String, value: String, query: String) async {
        for round in 1...3 {
            let body = #"{"id":"labelled-\#(round)","labels":{"\#(name)":"\#(value)"}}"#
            #expect(await fixture.json(.post, "", body).status == 201)
            let answer = await fixture.send(.get, "?label=\(query)")
            #expect(answer.json["operations"]?.arrayValue?.count == round)
        }
    }

    @Test("A label with an equals sign in its name is rejected", arguments: ["=", "a=", "=a", "a=b"])
    func unaskable(name: String) async {
        let answer = await fixture.json(.post, "", #"{"labels":{"\#(name)":"x"}}"#)
        #expect(answer.status == 422)
        #expect(answer.json["detail"]?.stringValue?.contains("must not contain \"=\"") == true)
        #expect(fixture.service.operationCount == 1)
    }

    @Test(
        "A number has only digits",
        arguments: ["limit=%2B5", "pageToken=%2B5", "limit=-1", "limit=5.0", "limit=0x5"]
    )
    func digits(query: String) async {
        #expect(await fixture.send(.get, "?\(query)").problem == "invalid-query")
    }

    @Test("Empty parts between ampersands are ignored", arguments: ["", "&", "&&limit=1&&"])
    func nothing(query: String) async {
        #expect(await fixture.send(.get, "?\(query)").status == 200)
    }

    @Test(
        "For a misspelled parameter, the problem suggests the correct name",
        arguments: [
            ("page_token", "pageToken"), ("pagetoken", "pageToken"), ("Page-Token", "pageToken"), ("LIMIT", "limit"),
        ]
    )
    func suggestion(name: String, meant: String) async {
        let answer = await fixture.send(.get, "?\(name)=1")
        #expect(answer.json["detail"]?.stringValue?.contains("Did you mean \(meant)?") == true)
    }

    @Test("A link to an HTML page may have any query parameters", arguments: ["", "/a"])
    func pages(path: String) async {
        let answer = await fixture.send(.get, "\(path)?utm_source=mail&limit=ten&%ff", [.accept: "text/html,*/*;q=0.8"])
        #expect(answer.status == 200)
        #expect(answer[.contentType]?.hasPrefix("text/html") == true)
    }

    @Test("The problem shortens a long parameter name", arguments: ["x", "%CC%81%CC%96"])
    func long(text: String) async {
        let answer = await fixture.send(.get, "?" + String(repeating: text, count: 5000) + "=1")
        #expect(answer.problem == "invalid-query")
        #expect(answer.bytes.count < 1000)
    }

    @Test(
        "An upgrade applies the same rules to its query",
        arguments: [
            ("/a?cursor=e-0", nil), ("/a?ticket=x", nil), ("/a?x=y", 400), ("/a?limit=1", 400), ("/a?cursor=", 400),
            ("/a?cursor=a-1&cursor=a-1", 400), ("/a?cursor=%zz", 400), ("?limit=1&label=a=b", nil),
            ("?cursor=e-0", 400),
            ("?label.a=b", 400), ("?pagetoken=1", 400),
        ] as [(String, Int?)]
    )
    func upgrades(path: String, status: Int?) {
        let handshake: HTTPFields = [
            .upgrade: "websocket", .connection: "Upgrade", .secWebSocketVersion: "13",
            .secWebSocketKey: "dGhlIHNhbXBsZSBub25jZQ==",
        ]
        var answer: Answer?
        if case .refuse(let response) = fixture.api.watch(Fixture.request(.get, path, handshake)) {
            answer = Answer(response)
        }
        #expect(answer?.status == status)
        #expect(answer == nil || answer?.problem == "invalid-query")
    }

    @Test(
        "A route of the application that takes no parameters accepts only credentials in its query",
        arguments: [("", nil), ("?ticket=x", nil), ("?", nil), ("?x=y", 400), ("?ticket=", 400), ("?cursor=e-0", 400)]
            as [(String, Int?)]
    )
    func beside(query: String, status: Int?) {
        let path = "/api/v1/tickets\(query)"
        let request = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: path)
        #expect(fixture.api.inputRefusal(of: request, body: [])?.head.status.code == status)
    }
}
