// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
import Testing

@testable import LiveProgressHTTP

@Suite("POST creates an operation")
struct CreateTests {
    private let fixture = Fixture()

    @Test("An empty body creates a pending operation, and the response has its Location")
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
        "A JSON body and a form body create the same operation",
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

    @Test("Invariant 7: a created operation has a lease, and is stalled after the lease expires")
    func lease() async {
        _ = await fixture.json(.post, "", #"{"id":"a","lease":5}"#)
        fixture.time.advance(by: .seconds(6))
        #expect(await fixture.send(.get, "/a").json["status"] == "stalled")
    }

    @Test("A second creation with the same identifier is a conflict")
    func taken() async {
        _ = await fixture.json(.post, "", #"{"id":"a"}"#)
        let answer = await fixture.json(.post, "", #"{"id":"a"}"#)
        #expect(answer.status == 409)
        #expect(answer.problem == "already-exists")
    }

    @Test(
        "An invalid body creates nothing, and the problem names the violated rule",
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

    @Test("If a form body contains JSON, the problem names the correct Content-Type")
    func declaredForm() async {
        let answer = await fixture.form(.post, "", #"{"id":"a"}"#)
        #expect(answer.status == 422)
        #expect(answer.json["detail"]?.stringValue?.contains("Content-Type: application/json") == true)
    }

    @Test("A body without a Content-Type is JSON")
    func untyped() async {
        #expect(await fixture.send(.post, "", [:], #"{"id":"a"}"#).status == 201)
    }

    @Test(
        "An unsupported body type is rejected with the supported types",
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

    @Test("Invariant 10: past the limit of operations, a creation is rejected with Retry-After")
    func full() async {
        let fixture = Fixture(maximumOperations: 1)
        #expect(await fixture.send(.post).status == 201)
        let answer = await fixture.send(.post)
        #expect(answer.status == 503)
        #expect(answer.problem == "too-many-operations")
        #expect(answer[.retryAfter] == "2")
    }

    @Test("Prefer: return=minimal leaves out the snapshot")
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

    @Test("A repeated request returns the same operation")
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

    @Test("A different request with the same key is rejected")
    func reused() async {
        _ = await fixture.json(.post, "", #"{"title":"Import"}"#, key)
        let answer = await fixture.json(.post, "", #"{"title":"Export"}"#, key)
        #expect(answer.status == 422)
        #expect(answer.problem == "idempotency-key-reused")
        #expect(fixture.service.operationCount == 1)
    }

    @Test("A request that created nothing does not use up its key")
    func failed() async {
        _ = await fixture.json(.post, "", #"{"id":"a"}"#)
        #expect(await fixture.json(.post, "", #"{"id":"a"}"#, key).status == 409)
        #expect(await fixture.json(.post, "", #"{"id":"b"}"#, key).status == 201)
    }

    @Test("A repeat after the deletion of the operation gets 410")
    func deleted() async {
        _ = await fixture.send(.post, "", key)
        _ = await fixture.send(.delete, "/op-1")
        #expect(await fixture.send(.post, "", key).status == 410)
    }

    @Test("A repeat after the operation is forgotten creates a new operation")
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

    @Test("Without a key, each request creates a new operation")
    func keyless() async {
        _ = await fixture.send(.post)
        _ = await fixture.send(.post)
        #expect(fixture.service.operationCount == 2)
    }

    @Test("An invalid key is rejected", arguments: ["", String(repeating: "k", count: 256)])
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
