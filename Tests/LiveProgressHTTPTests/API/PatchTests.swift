// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
import Testing

@testable import LiveProgressHTTP

@Suite("PATCH reports progress")
struct PatchTests {
    private let fixture = Fixture()

    @Test("A report changes only the members that it names; the response has the snapshot and its entity tag")
    func report() async {
        _ = await fixture.send(.put, "/a")
        let first = await fixture.json(.patch, "/a", #"{"state":"Copying","details":{"file":"a.csv"},"totalCount":4}"#)
        #expect(first.status == 200)
        #expect(first[.eTag] == "\"e-1\"")
        #expect(first.json["details"]?["file"] == "a.csv")
        let second = await fixture.form(.patch, "/a", "advance=1&details.file=b.csv")
        #expect(second.json["state"] == "Copying")
        #expect(second.json["details"]?["file"] == "b.csv")
        #expect(second.json["progress"]?["fractionCompleted"]?.doubleValue == 0.25)
        let third = await fixture.json(.patch, "/a", #"{"state":"Checking"}"#)
        #expect(third.json["details"] == .null)
        #expect(third.json["cursor"] == "e-3")
    }

    @Test("With Prefer: return=minimal, the response has the entity tag and no body")
    func minimal() async {
        _ = await fixture.send(.put, "/a")
        let answer = await fixture.json(.patch, "/a", #"{"state":"x"}"#, [.prefer: "return=minimal"])
        #expect(answer.status == 204)
        #expect(answer.isEmpty)
        #expect(answer[.eTag] == "\"e-1\"")
        #expect(answer[.preferenceApplied] == "return=minimal")
        #expect(answer[.contentLength] == nil)
        let full = await fixture.json(.patch, "/a", #"{"state":"y"}"#, [.prefer: "return=representation"])
        #expect(full.status == 200)
        #expect(full[.preferenceApplied] == "return=representation")
    }

    @Test("Invariant 7: an empty report renews the lease")
    func renews() async {
        _ = await fixture.json(.put, "/a", #"{"lease":10}"#)
        for _ in 0..<3 {
            fixture.time.advance(by: .seconds(9))
            #expect(await fixture.send(.patch, "/a").json["status"] == "running")
        }
        fixture.time.advance(by: .seconds(11))
        #expect(await fixture.send(.get, "/a").json["status"] == "stalled")
    }

    @Test(
        "A report with If-Match is accepted only at one of the named revisions",
        arguments: [
            ("\"e-1\"", 200), ("*", 200), ("\"e-0\", \"e-1\"", 200), ("\"x\", \"e-1\"", 200), ("\"e-0\"", 412),
            ("\"e-2\"", 412), ("\"f-1\"", 412), ("W/\"e-1\"", 412), ("\"x\"", 412), ("e-1", 400), ("", 400),
        ]
    )
    func ifMatch(field: String, status: Int) async {
        _ = await fixture.send(.put, "/a")
        _ = await fixture.form(.patch, "/a", "state=x")
        let answer = await fixture.form(.patch, "/a", "state=y", [.ifMatch: field])
        #expect(answer.status == status)
        #expect(answer.problem == [412: "cursor-mismatch", 400: "malformed-header"][status])
        #expect(await fixture.send(.get, "/a").json["state"] == (status == 200 ? "y" : "x"))
    }

    @Test("Invariant 6: after the end, every report is a conflict")
    func ended() async {
        _ = await fixture.form(.put, "/a", "status=failed&error=broken")
        let answer = await fixture.form(.patch, "/a", "state=more")
        #expect(answer.status == 409)
        #expect(answer.problem == "ended")
        #expect(await fixture.send(.get, "/a").json["error"]?["detail"] != nil)
    }

    @Test("Invariant 7: a report of an attempt that is over is rejected")
    func fenced() async {
        _ = await fixture.send(.put, "/a")
        #expect(await fixture.form(.patch, "/a", "attempt=2&state=again").json["attempt"] == 2)
        let answer = await fixture.form(.patch, "/a", "attempt=1&state=late")
        #expect(answer.status == 409)
        #expect(answer.problem == "stale-attempt")
        #expect(await fixture.send(.get, "/a").json["state"] == "again")
    }

    @Test(
        "An invalid report changes nothing",
        arguments: [#"{"advance":-1}"#, #"{"result":1}"#, #"{"sate":"x"}"#, #"{"id":"a"}"#, #"{"state":7}"#]
    )
    func invalid(body: String) async {
        _ = await fixture.send(.put, "/a")
        let answer = await fixture.json(.patch, "/a", body)
        #expect(answer.status == 422)
        #expect(answer.problem == "invalid-report")
        #expect(await fixture.send(.get, "/a")[.eTag] == "\"e-0\"")
    }

    @Test("An unsupported body type is rejected with the supported types")
    func mediaType() async {
        _ = await fixture.send(.put, "/a")
        let answer = await fixture.send(.patch, "/a", [.contentType: "text/plain"], "state=x")
        #expect(answer.status == 415)
        #expect(
            answer[.acceptPatch] == "application/json, application/x-www-form-urlencoded, application/x-ndjson"
        )
    }
}

@Suite("PATCH with a batch")
struct BatchTests {
    private let fixture = Fixture()
    private let lines: HTTPFields = [.contentType: "application/x-ndjson"]

    @Test("Each line is a report, applied in order; the response has the last snapshot")
    func order() async {
        _ = await fixture.send(.put, "/a")
        let body = "{\"state\":\"A\"}\n{\"state\":\"B\",\"totalCount\":2}\r\n\n  \n{\"advance\":1}\n"
        let answer = await fixture.send(.patch, "/a", lines, body)
        #expect(answer.status == 200)
        #expect(answer.json["cursor"] == "e-3")
        #expect(answer.json["state"] == "B")
        #expect(answer.json["progress"]?["completedCount"] == 1)
        let minimal = await fixture.send(
            .patch,
            "/a",
            [.contentType: "application/x-ndjson", .prefer: "return=minimal"],
            "{\"advance\":1}\n{}\n{\"state\":\"C\"}"
        )
        #expect(minimal.status == 204)
        #expect(minimal[.eTag] == "\"e-5\"")
    }

    @Test(
        "The first invalid line stops the batch, and the response has its line number",
        arguments: [
            ("{\"state\":\"A\"}\n\n{\"sate\":\"B\"}\n{\"state\":\"C\"}", 422, "invalid-report", 3, 1, "A"),
            ("{\"state\":\"A\"}\nnonsense\n", 400, "malformed-body", 2, 1, "A"),
            ("\n{\"advance\":-1}", 422, "invalid-report", 2, 0, "Pending"),
            ("{\"state\":\"Z\",\"status\":\"succeeded\"}\n{\"state\":\"B\"}", 409, "ended", 2, 1, "Z"),
            ("{\"attempt\":2,\"state\":\"A\"}\n{}\n{\"attempt\":1}", 409, "stale-attempt", 3, 2, "A"),
        ]
    )
    func stops(body: String, status: Int, problem: String, line: Int, applied: Int, state: String) async {
        _ = await fixture.send(.put, "/a")
        let answer = await fixture.send(.patch, "/a", lines, body)
        #expect(answer.status == status)
        #expect(answer.problem == problem)
        #expect(answer.json["line"]?.intValue == Int64(line))
        #expect(answer.json["applied"]?.intValue == Int64(applied))
        #expect(answer.json["detail"]?.stringValue?.hasPrefix("Line \(line): ") == true)
        #expect(await fixture.send(.get, "/a").json["state"] == .string(state))
    }

    @Test("If-Match applies to the first line of a batch")
    func ifMatch() async {
        _ = await fixture.send(.put, "/a")
        let fields: HTTPFields = [.contentType: "application/x-ndjson", .ifMatch: "\"e-0\""]
        #expect(await fixture.send(.patch, "/a", fields, "{\"state\":\"A\"}\n{\"state\":\"B\"}").status == 200)
        let answer = await fixture.send(.patch, "/a", fields, "{\"state\":\"C\"}")
        #expect(answer.status == 412)
        #expect(answer.json["applied"] == 0)
    }

    @Test("A batch of empty lines counts as one empty report")
    func empty() async {
        _ = await fixture.send(.put, "/a")
        let answer = await fixture.send(.patch, "/a", lines, "\n\n")
        #expect(answer.status == 200)
        #expect(answer.json["cursor"] == "e-1")
    }

    @Test("A long batch is applied completely")
    func long() async {
        _ = await fixture.send(.put, "/a")
        let body = String(repeating: "{\"advance\":1}\n", count: 2000)
        #expect(await fixture.send(.patch, "/a", lines, body).json["progress"]?["completedCount"] == 2000)
    }
}
