// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressHTTP
import Testing

/// RFC 9110: 400 for a body that violates its own syntax (15.5.1), 422 for a well-formed body with invalid content
/// (15.5.21).
@Suite("Malformed bodies, and well-formed bodies with invalid content")
struct MalformedBodyTests {
    /// A body with a name for the test output.
    struct Body: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]

        init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }

        init(_ name: String, _ bytes: [UInt8]) { (self.name, self.bytes) = (name, bytes) }

        var testDescription: String { name }
    }

    /// A request that accepts a body.
    struct Target: Sendable, CustomTestStringConvertible {
        let method: HTTPRequest.Method
        let path: String

        var testDescription: String { "\(method) \(path)" }
    }

    private static let targets = [
        Target(method: .post, path: ""), Target(method: .put, path: "/new"), Target(method: .put, path: "/a"),
        Target(method: .patch, path: "/a"), Target(method: .post, path: "/a/cancel"),
    ]

    private static let noJSON = [
        Body("a word", "{bad"), Body("no end", #"{"state":"#), Body("a list without an end", "[1,"),
        Body("half a string", #""abc"#), Body("a lone high surrogate", #"{"state":"\ud800"}"#),
        Body("a lone low surrogate", #"{"state":"\udc00"}"#), Body("a bad escape", #"{"state":"\x41"}"#),
        Body("a byte that is no UTF-8", Array(#"{"state":""#.utf8) + [0xFF] + Array(#""}"#.utf8)),
        Body("a surrogate in UTF-8", [0x22, 0xED, 0xA0, 0x80]),
        Body("a byte order mark", [0xEF, 0xBB, 0xBF] + Array(#"{"state":"x"}"#.utf8)),
        Body("bytes after the text", #"{"state":"x"} {}"#), Body("a NUL after the text", "{}\u{0}"),
        Body("a comma too much", #"{"state":"x",}"#), Body("nothing but spaces", "  "),
        Body(
            "101 levels",
            #"{"details":"# + String(repeating: "[", count: 101) + String(repeating: "]", count: 101) + "}"
        ),
        Body("a bomb of brackets", String(repeating: "[", count: 100_000)),
        Body("NaN", #"{"completedCount":NaN}"#), Body("a leading zero", #"{"completedCount":01}"#),
        Body("a lone minus", #"{"advance":-}"#),
    ]

    private static let noReport = [
        Body("a list", "[1]"), Body("a number", "7"), Body("null", "null"), Body("a text", #""state""#),
        Body("an unknown member", #"{"unheard":1}"#), Body("a number for the state", #"{"state":7}"#),
        Body("a count below zero", #"{"completedCount":-1}"#), Body("a count with a fraction", #"{"advance":1.5}"#),
        Body("an attempt of 2^63", #"{"attempt":9223372036854775808}"#),
        Body("a number beyond doubles", #"{"details":1e309}"#),
    ]

    private static let noForm = [
        Body("a percent sign alone", "state=50%"), Body("half an escape", "state=%4"), Body("no digits", "state=%zz"),
        Body("a broken name", "st%te=x"), Body("a byte that is no UTF-8", "state=%ff"),
        Body("a raw byte that is no UTF-8", Array("state=".utf8) + [0xFF]),
        Body("an overlong character", "state=%c0%af"),
        Body("a surrogate", "state=%ed%a0%80"), Body("a name that is no UTF-8", "%ff=x"),
        Body("a broken escape after an unknown field", "unheard=1&state=%"),
    ]

    private static let noReportForm = [
        Body("an unknown field", "unheard=1"), Body("a word for a count", "completedCount=three"),
        Body("details that are no JSON", "details={"), Body("an end that is none", "status=done"),
        Body("JSON in place of fields", #"{"state":"x"}"#), Body("a field without a name", "=1"),
    ]

    private static let json = "application/json"
    private static let form = "application/x-www-form-urlencoded"

    private func answer(to target: Target, _ body: Body, as type: String?) async -> (answer: Answer, fixture: Fixture) {
        let fixture = Fixture()
        _ = await fixture.form(.put, "/a", "cancellable=true&state=before")
        let fields: HTTPFields = type.map { [.contentType: $0] } ?? [:]
        let request = Fixture.request(target.method, target.path, fields)
        return (Answer(await fixture.api.respond(to: request, body: body.bytes)), fixture)
    }

    private func expect(
        _ status: Int,
        _ problem: String,
        for target: Target,
        _ body: Body,
        as type: String?,
        location: SourceLocation = #_sourceLocation
    ) async {
        let (answer, fixture) = await answer(to: target, body, as: type)
        #expect(answer.status == status, sourceLocation: location)
        #expect(answer.problem == problem, sourceLocation: location)
        #expect(fixture.service.operationCount == 1, sourceLocation: location)
        #expect(await fixture.send(.get, "/a").json["state"] == "before", sourceLocation: location)
    }

    @Test("A body that is not JSON is malformed, with or without a Content-Type", arguments: targets, noJSON)
    func malformedJSON(target: Target, body: Body) async {
        await expect(400, "malformed-body", for: target, body, as: Self.json)
        await expect(400, "malformed-body", for: target, body, as: nil)
    }

    @Test("A JSON body with invalid content is not malformed", arguments: targets, noReport)
    func invalidJSON(target: Target, body: Body) async {
        await expect(422, "invalid-report", for: target, body, as: Self.json)
    }

    @Test("A body that is not a form is malformed", arguments: targets, noForm)
    func malformedForm(target: Target, body: Body) async {
        await expect(400, "malformed-body", for: target, body, as: Self.form)
    }

    @Test("A form with invalid content is not malformed", arguments: targets, noReportForm)
    func invalidForm(target: Target, body: Body) async {
        await expect(422, "invalid-report", for: target, body, as: Self.form)
    }

    @Test("An empty body is valid for every type", arguments: targets, [nil, json, form])
    func empty(target: Target, type: String?) async {
        #expect(await (200..<300).contains(answer(to: target, Body("nothing", ""), as: type).answer.status))
    }

    @Test("A line of a batch follows the rules of a body, and the lines before it are applied", arguments: [0, 1, 2])
    func lines(before: Int) async {
        let target = Target(method: .patch, path: "/a")
        let start = Array(String(repeating: "{\"state\":\"line\"}\n", count: before).utf8)
        let table =
            Self.noJSON.filter { $0.name != "nothing but spaces" }.map { ($0, 400, "malformed-body") }
            + Self.noReport.map { ($0, 422, "invalid-report") }
        for (body, status, problem) in table {
            let batch = Body(body.name, start + body.bytes + [0x0A])
            let (answer, fixture) = await answer(to: target, batch, as: "application/x-ndjson")
            #expect(answer.status == status, "\(body.name)")
            #expect(answer.problem == problem, "\(body.name)")
            #expect(answer.json["line"]?.intValue == Int64(before + 1), "\(body.name)")
            #expect(answer.json["applied"]?.intValue == Int64(before), "\(body.name)")
            #expect(await fixture.send(.get, "/a").json["state"] == .string(before == 0 ? "before" : "line"))
        }
    }

    @Test(
        "A request to cancel accepts only an empty body or a body without members",
        arguments: [
            ("{}", json, 202), ("&", form, 202), (#"{"state":"x"}"#, json, 422), ("state=x", form, 422),
            ("x", "text/plain", 415),
        ]
    )
    func cancel(body: String, type: String, status: Int) async {
        let target = Target(method: .post, path: "/a/cancel")
        let (answer, fixture) = await answer(to: target, Body(body, body), as: type)
        #expect(answer.status == status)
        #expect(await fixture.send(.get, "/a").json["status"] == (status == 202 ? "cancelling" : "running"))
        #expect(status != 422 || answer.json["detail"]?.stringValue?.contains("state") == true)
    }

    @Test(
        "A route of the application that takes no members applies the same rules to bodies",
        arguments: noJSON.map { ($0, json, 400) } + noReport.map { ($0, json, 422) } + noForm.map { ($0, form, 400) }
            + noReportForm.map { ($0, form, 422) } + [(Body("nothing", ""), json, nil), (Body("{}", "{}"), json, nil)]
    )
    func beside(body: Body, type: String, status: Int?) {
        let request = HTTPRequest(
            method: .post,
            scheme: "http",
            authority: "localhost",
            path: "/api/v1/tickets",
            headerFields: [.contentType: type]
        )
        #expect(Fixture().api.inputRefusal(of: request, body: body.bytes)?.head.status.code == status)
    }

    @Test("The problem of a malformed body has the position of the error and the expected syntax")
    func details() async {
        let target = Target(method: .patch, path: "/a")
        let json = await answer(to: target, Body("", #"{"state":}"#), as: Self.json).answer
        #expect(json.json["detail"] == "Not JSON: expected a value at byte 9.")
        let form = await answer(to: target, Body("", "state=50%"), as: Self.form).answer
        #expect(form.json["detail"] == "state must be UTF-8 in which % begins an escape: write %25 for a percent sign.")
    }
}
