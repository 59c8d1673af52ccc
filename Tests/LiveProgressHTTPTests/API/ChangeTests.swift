// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import Testing

@testable import LiveProgressHTTP

@Suite("Cancelling and deleting")
struct ChangeTests {
    private let fixture = Fixture()

    @Test("A request to cancel is accepted and visible to all; a second request changes nothing")
    func cancel() async {
        _ = await fixture.form(.put, "/a", "cancellable=true")
        let answer = await fixture.send(.post, "/a/cancel")
        #expect(answer.status == 202)
        #expect(answer.json["status"] == "cancelling")
        #expect(answer[.eTag] == "\"e-1\"")
        let again = await fixture.send(.post, "/a/cancel")
        #expect(again.status == 202)
        #expect(again[.eTag] == "\"e-1\"")
        #expect(await fixture.send(.get, "/a").json["status"] == "cancelling")
        #expect(await fixture.form(.patch, "/a", "status=cancelled").json["status"] == "cancelled")
    }

    @Test(
        "The problem of a rejected request to cancel names the reason",
        arguments: [
            ("state=x", "/a", 409, "not-cancellable"), ("cancellable=true&status=succeeded", "/a", 409, "ended"),
        ]
            + [("", "/b", 404, "unknown"), ("", "/a%20b", 404, "unknown")]
    )
    func refused(body: String, path: String, status: Int, problem: String) async {
        _ = await fixture.form(.put, "/a", body)
        let answer = await fixture.send(.post, path + "/cancel")
        #expect(answer.status == status)
        #expect(answer.problem == problem)
    }

    @Test("Prefer: return=minimal leaves out the snapshot")
    func minimal() async {
        _ = await fixture.form(.put, "/a", "cancellable=true")
        let answer = await fixture.send(.post, "/a/cancel", [.prefer: "return=minimal"])
        #expect(answer.status == 202)
        #expect(answer.isEmpty)
        #expect(answer[.preferenceApplied] == "return=minimal")
    }

    @Test("A deleted operation is gone for every method, and is not cancelled")
    func delete() async throws {
        _ = await fixture.form(.put, "/a", "cancellable=true")
        let journal = try fixture.service.getJournal(ProgressID("a"))
        let answer = await fixture.send(.delete, "/a")
        #expect(answer.status == 204)
        #expect(answer.isEmpty)
        #expect(answer[.contentLength] == nil)
        #expect(journal.snapshot().status != .cancelling)
        for method in [HTTPRequest.Method.get, .patch, .delete, .put] {
            let answer = await fixture.send(method, "/a")
            #expect(answer.status == 410)
            #expect(answer.problem == "gone")
        }
        #expect(await fixture.send(.post, "/a/cancel").status == 410)
        #expect(await fixture.send(.delete, "/b").status == 404)
    }

    @Test("If-Match also applies to cancelling and deleting")
    func ifMatch() async {
        _ = await fixture.form(.put, "/a", "cancellable=true")
        for (method, path) in [(HTTPRequest.Method.post, "/a/cancel"), (.delete, "/a")] {
            let answer = await fixture.send(method, path, [.ifMatch: "\"e-7\""])
            #expect(answer.status == 412)
            #expect(answer.problem == "cursor-mismatch")
        }
        #expect(await fixture.send(.post, "/a/cancel", [.ifMatch: "\"e-0\""]).status == 202)
        #expect(await fixture.send(.delete, "/a", [.ifMatch: "\"e-1\""]).status == 204)
    }
}

@Suite("Every request")
struct RequestTests {
    private let fixture = Fixture()

    @Test(
        "A method that a resource does not support is rejected with the supported methods",
        arguments: [
            ("", "PUT", "GET, HEAD, OPTIONS, POST"), ("", "DELETE", "GET, HEAD, OPTIONS, POST"),
            ("", "PATCH", "GET, HEAD, OPTIONS, POST"), ("/a", "POST", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
            ("/a%20b", "TRACE", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"), ("/a/cancel", "GET", "OPTIONS, POST"),
            ("/a/cancel", "DELETE", "OPTIONS, POST"), ("/a/cancel", "HEAD", "OPTIONS, POST"),
            ("", "get", "GET, HEAD, OPTIONS, POST"),
        ]
    )
    func methods(path: String, method: String, allow: String) async throws {
        let answer = await fixture.send(try #require(HTTPRequest.Method(method)), path)
        #expect(answer.status == 405)
        #expect(answer[.allow] == allow)
        #expect(answer.problem == "method-not-allowed" || method == "HEAD")
    }

    @Test(
        "OPTIONS lists the methods and body types of a resource",
        arguments: [
            ("", "GET, HEAD, OPTIONS, POST", nil, "application/json, application/x-www-form-urlencoded"),
            (
                "/a", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT",
                "application/json, application/x-www-form-urlencoded, application/x-ndjson", nil
            ),
            ("/a/cancel", "OPTIONS, POST", nil, nil),
        ] as [(String, String, String?, String?)]
    )
    func options(path: String, allow: String, patch: String?, post: String?) async {
        let answer = await fixture.send(.options, path)
        #expect(answer.status == 204)
        #expect(answer[.allow] == allow)
        #expect(answer[.acceptPatch] == patch)
        #expect(answer[.acceptPost] == post)
    }

    @Test("A path outside the API is not found", arguments: ["/a/b", "s", "/a/cancel/now"])
    func paths(path: String) async {
        let answer = await fixture.send(.get, path)
        #expect(answer.status == 404)
        #expect(answer.problem == "no-such-resource")
        #expect(!fixture.api.handles(path: "/api/v1/progress" + path))
        #expect(fixture.api.handles(path: "/api/v1/progress/a?x=y"))
    }

    @Test("A body past the limit is rejected with the limit")
    func bodySize() async {
        let fixture = Fixture { $0.limits.maximumBodySize = 100 }
        let answer = await fixture.json(.post, "", "{\"state\":\"\(String(repeating: "x", count: 100))\"}")
        #expect(answer.status == 413)
        #expect(answer.problem == "body-too-large")
        #expect(answer.json["detail"]?.stringValue?.contains("100") == true)
        #expect(Answer(fixture.api.bodyTooLarge()).text == answer.text)
        #expect(await fixture.form(.post, "", "title=\(String(repeating: "x", count: 94))").status == 201)
    }

    @Test("Responses to POST, the list and problems have Cache-Control: no-store and nosniff")
    func fields() async {
        for answer in [await fixture.send(.post), await fixture.send(.get), await fixture.send(.get, "/x")] {
            #expect(answer[.cacheControl] == "no-store")
            #expect(answer[.xContentTypeOptions] == "nosniff")
        }
    }
}
