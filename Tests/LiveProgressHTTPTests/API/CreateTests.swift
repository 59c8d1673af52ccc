// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
import Testing

@testable import LiveProgressHTTP

@Suite("POST creates")
struct CreateTests {
    private let fixture = Fixture()

    @Test("An empty body creates a pending operation, and says where it is")
    func empty() async {
        let answer = await fixture.send(.post)
        #expect(answer.status == 201)
        #expect(answer[.location] == "progress/op-1")
        #expect(answer[.eTag] == "\"e-0\"")
        #expect(answer[.contentType] == "application/json")
        #expect(answer[.contentLength] == "\(answer.bytes.count)")
        #expect(answer.json["id"] == "op-1")
        #expect(answer.json["status"] == "pending")
        #expect(answer.json["state"] == "Pending")
        #expect(answer.json["details"] == .null)
        #expect(answer.json["cursor"] == "e-0")
    }

    @Test(
        "JSON and a form say the same",
        arguments: [
            (
                "application/json",
                #"{"id":"a:1","title":"Import","labels":{"team":"data"},"cancellable":true,"parent":"p","state":"Go","completedCount":3,"totalCount":10}"#
            ),
            (
                "application/x-www-form-urlencoded",
                "id=a%3A1&title=Import&labels.team=data&cancellable=true&parent=p&state=Go&completedCount=3&totalCount=10"
            ),
        ]
    )
    func full(type: String, body: String) async {
        let answer = await fixture.send(.post, "", [.contentType: type], body)
        #expect(answer.status == 201)
        #expect(answer[.location] == "progress/a:1")
        #expect(answer.json["title"] == "Import")
        #expect(answer.json["labels"]?["team"] == "data")
        #expect(answer.json["cancellable"] == true)
        #expect(answer.json["parent"] == "p")
        #expect(answer.json["state"] == "Go")
        #expect(answer.json["status"] == "running")
        #expect(answer.json["progress"]?["fractionCompleted"]?.doubleValue == 0.3)
    }

    @Test("Invariant 7: a created operation has a lease, past which it is stalled")
    func lease() async {
        _ = await fixture.json(.post, "", #"{"id":"a","lease":5}"#)
        fixture.time.advance(by: .seconds(6))
        #expect(await fixture.send(.get, "/a").json["status"] == "stalled")
    }

    @Test("An identifier that is taken is a conflict")
    func taken() async {
        _ = await fixture.json(.post, "", #"{"id":"a"}"#)
        let answer = await fixture.json(.post, "", #"{"id":"a"}"#)
        #expect(answer.status == 409)
        #expect(answer.problem == "already-exists")
    }

    @Test(
        "A body that breaks a rule creates nothing and says which rule",
        arguments: [
            (#"{"id":"a b"}"#, "id"), (#"{"id":""}"#, "id"), (#"{"nonsense":1}"#, "nonsense"),
            (#"{"id":"a","completedCount":-1}"#, "completedCount"), (#"{"id":"a","status":"running"}"#, "status"),
            (#"{"id":"a","attempt":3}"#, "attempt"), ("[]", ""), ("7", ""),
        ]
    )
    func invalid(body: String, named: String) async {
        let answer = await fixture.json(.post, "", body)
        #expect(answer.status == 422)
        #expect(answer.problem == "invalid-report")
        #expect(named.isEmpty || answer.json["detail"]?.stringValue?.contains(named) == true)
        #expect(fixture.service.operationCount == 0)
    }

    @Test("JSON that is declared to be a form is answered with the way out")
    func declaredForm() async {
        let answer = await fixture.form(.post, "", #"{"id":"a"}"#)
        #expect(answer.status == 422)
        #expect(answer.json["detail"]?.stringValue?.contains("Content-Type: application/json") == true)
    }

    @Test("Without a content type a body is JSON")
    func untyped() async {
        #expect(await fixture.send(.post, "", [:], #"{"id":"a"}"#).status == 201)
    }

    @Test(
        "Other types of bodies are refused with those that are taken",
        arguments: [
            "text/plain", "application/x-ndjson", "application/json; charset=latin1", "rubbish", "application/xml",
        ]
    )
    func mediaType(type: String) async {
        let answer = await fixture.send(.post, "", [.contentType: type], "{}")
        #expect(answer.status == 415)
        #expect(answer.problem == "unsupported-media-type")
        #expect(answer[.acceptPost] == "application/json, application/x-www-form-urlencoded")
    }

    @Test("Invariant 10: past the limit of operations a newcomer is asked to come back later")
    func full() async {
        let fixture = Fixture(maximumOperations: 1)
        #expect(await fixture.send(.post).status == 201)
        let answer = await fixture.send(.post)
        #expect(answer.status == 503)
        #expect(answer.problem == "too-many-operations")
        #expect(answer[.retryAfter] == "2")
    }

    @Test("Prefer: return=minimal leaves the snapshot out")
    func minimal() async {
        let answer = await fixture.send(.post, "", [.prefer: "return=minimal"])
        #expect(answer.status == 201)
        #expect(answer.isEmpty)
        #expect(answer[.location] == "progress/op-1")
        #expect(answer[.eTag] == "\"e-0\"")
        #expect(answer[.preferenceApplied] == "return=minimal")
    }
}

@Suite("POST with Idempotency-Key")
struct IdempotentCreateTests {
    private let fixture = Fixture()
    private let key: HTTPFields = [.idempotencyKey: "\"k1\""]

    @Test("The same request gives the same operation")
    func repeats() async {
        let first = await fixture.json(.post, "", #"{"title":"Import"}"#, key)
        let second = await fixture.json(.post, "", #"{"title":"Import"}"#, key)
        #expect(first.status == 201)
        #expect(second.status == 200)
        #expect(second.text == first.text)
        #expect(second[.eTag] == first[.eTag])
        #expect(second[.location] == first[.location])
        #expect(fixture.service.operationCount == 1)
    }

    @Test("Another request with the same key is refused")
    func reused() async {
        _ = await fixture.json(.post, "", #"{"title":"Import"}"#, key)
        let answer = await fixture.json(.post, "", #"{"title":"Export"}"#, key)
        #expect(answer.status == 422)
        #expect(answer.problem == "idempotency-key-reused")
        #expect(fixture.service.operationCount == 1)
    }

    @Test("A request that made nothing does not spend its key")
    func failed() async {
        _ = await fixture.json(.post, "", #"{"id":"a"}"#)
        #expect(await fixture.json(.post, "", #"{"id":"a"}"#, key).status == 409)
        #expect(await fixture.json(.post, "", #"{"id":"b"}"#, key).status == 201)
    }

    @Test("A repeat after the operation was deleted says that it is gone")
    func deleted() async {
        _ = await fixture.send(.post, "", key)
        _ = await fixture.send(.delete, "/op-1")
        #expect(await fixture.send(.post, "", key).status == 410)
    }

    @Test("A repeat after the operation is forgotten creates one")
    func forgotten() async {
        _ = await fixture.form(.post, "", "status=succeeded", key)
        fixture.time.advance(by: .seconds(48 * 3600))
        let gone = await fixture.form(.post, "", "status=succeeded", key)
        #expect(gone.status == 410)
        fixture.time.advance(by: .seconds(48 * 3600))
        let answer = await fixture.form(.post, "", "status=succeeded", key)
        #expect(answer.status == 201)
        #expect(answer[.location] == "progress/op-2")
    }

    @Test("Without a key each request creates an operation of its own")
    func keyless() async {
        _ = await fixture.send(.post)
        _ = await fixture.send(.post)
        #expect(fixture.service.operationCount == 2)
    }

    @Test("A key that cannot be one is refused", arguments: ["", String(repeating: "k", count: 256)])
    func malformed(key: String) async {
        let answer = await fixture.send(.post, "", [.idempotencyKey: key])
        #expect(answer.status == 400)
        #expect(answer.problem == "malformed-header")
    }

    @Test("Copies of the API share their keys")
    func shared() async {
        let copy = fixture.api
        let request = Fixture.request(.post, "", key)
        #expect(await copy.respond(to: request, body: []).head.status == .created)
        #expect(await fixture.api.respond(to: request, body: []).head.status == .ok)
    }
}
