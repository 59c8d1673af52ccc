// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import Testing

@testable import LiveProgressHTTP

@Suite("PUT creates an operation or reports progress")
struct PutTests {
    private let fixture = Fixture()

    @Test("A worker can create, update and end an operation with PUT forms alone")
    func worker() async {
        let first = await fixture.form(.put, "/job", "completedCount=3&totalCount=10&state=Copying")
        #expect(first.status == 201)
        #expect(first[.location] == "./job")
        #expect(first.json["status"] == "running")
        #expect(first.json["progress"]?["completedCount"] == 3)
        let second = await fixture.form(.put, "/job", "completedCount=7&totalCount=10&state=Copying")
        #expect(second.status == 200)
        #expect(second.json["progress"]?["fractionCompleted"]?.doubleValue == 0.7)
        let end = await fixture.form(.put, "/job", "status=succeeded&result=%7B%22rows%22%3A7%7D")
        #expect(end.status == 200)
        #expect(end.json["status"] == "succeeded")
        #expect(end.json["result"]?["rows"] == 7)
    }

    @Test("The report that ended an operation may be repeated; any other report is a conflict")
    func repeatedEnd() async {
        _ = await fixture.json(.put, "/job", #"{"state":"Done","status":"succeeded","result":7}"#)
        let again = await fixture.json(.put, "/job", #"{"state":"Done","status":"succeeded","result":7}"#)
        #expect(again.status == 200)
        #expect(again.json["status"] == "succeeded")
        for body in [
            #"{"state":"Done","status":"succeeded","result":8}"#, #"{"status":"cancelled"}"#, #"{"state":"More"}"#,
            #"{"state":"Other","status":"succeeded","result":7}"#, "",
        ] {
            let other = await fixture.json(.put, "/job", body)
            #expect(other.status == 409)
            #expect(other.problem == "ended")
        }
    }

    @Test("PUT of an existing operation treats the members of a creation as a report")
    func asReport() async {
        _ = await fixture.json(.put, "/job", #"{"title":"A","cancellable":true,"labels":{"x":"1","y":"2"}}"#)
        let answer = await fixture.json(.put, "/job", #"{"title":"B","cancellable":false,"labels":{"x":"","y":"3"}}"#)
        #expect(answer.status == 200)
        #expect(answer.json["title"] == "B")
        #expect(answer.json["cancellable"] == false)
        #expect(answer.json["labels"] == ["y": "3"])
        let withParent = await fixture.json(
            .put,
            "/job",
            #"{"id":"job","parent":"p","lease":9,"title":"C","state":"S"}"#
        )
        #expect(withParent.status == 200)
        #expect(withParent.json["title"] == "C")
        #expect(withParent.json["state"] == "S")
    }

    @Test("An invalid identifier is rejected with the rule", arguments: ["/a%20b", "/a%2Fb", "/%C3%A9"])
    func invalidID(path: String) async {
        let answer = await fixture.form(.put, path, "state=x")
        #expect(answer.status == 422)
        #expect(answer.problem == "invalid-id")
        #expect(answer.json["detail"]?.stringValue?.contains("128") == true)
    }

    @Test("A different identifier in the body is rejected")
    func otherID() async {
        let answer = await fixture.json(.put, "/a", #"{"id":"b"}"#)
        #expect(answer.status == 422)
        #expect(answer.problem == "invalid-id")
        #expect(fixture.service.operationCount == 0)
    }

    @Test("PUT does not recreate a deleted operation")
    func gone() async {
        _ = await fixture.send(.put, "/a")
        _ = await fixture.send(.delete, "/a")
        let answer = await fixture.send(.put, "/a")
        #expect(answer.status == 410)
        #expect(answer.problem == "gone")
    }

    @Test("PUT with If-None-Match: * only creates")
    func createOnly() async {
        #expect(await fixture.send(.put, "/a", [.ifNoneMatch: "*"]).status == 201)
        let answer = await fixture.send(.put, "/a", [.ifNoneMatch: "*"])
        #expect(answer.status == 412)
        #expect(answer.problem == "already-exists")
    }

    @Test("PUT with If-Match only reports, and only at the named revision")
    func ifMatch() async {
        #expect(await fixture.send(.put, "/a", [.ifMatch: "*"]).status == 412)
        #expect(fixture.service.operationCount == 0)
        _ = await fixture.send(.put, "/a")
        #expect(await fixture.form(.put, "/a", "state=x", [.ifMatch: "\"e-0\""]).status == 200)
        let answer = await fixture.form(.put, "/a", "state=y", [.ifMatch: "\"e-0\""])
        #expect(answer.status == 412)
        #expect(answer.problem == "cursor-mismatch")
        #expect(await fixture.send(.get, "/a").json["state"] == "x")
    }

    @Test("With Prefer: return=minimal, the response to a report has only the entity tag")
    func minimal() async {
        _ = await fixture.send(.put, "/a")
        let answer = await fixture.form(.put, "/a", "state=x", [.prefer: "return=minimal"])
        #expect(answer.status == 204)
        #expect(answer.isEmpty)
        #expect(answer[.eTag] == "\"e-1\"")
    }
}
