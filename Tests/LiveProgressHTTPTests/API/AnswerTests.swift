// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import Testing

@testable import LiveProgressHTTP

@Suite("Asking and answering over HTTP")
struct AnswerTests {
    private static let question =
        #"{"waitingFor":{"message":"Apply?","choices":["yes","no"],"timeout":60,"default":"no"}}"#

    private let fixture = Fixture()

    private func ask() async {
        _ = await fixture.json(.put, "/a", "{}")
        _ = await fixture.json(.patch, "/a", Self.question)
    }

    @Test("curl asks and answers; later requests show the question, then the answer", arguments: [true, false])
    func answered(isForm: Bool) async {
        await ask()
        let open = await fixture.send(.get, "/a").json
        #expect(open["status"] == "waiting")
        #expect(open["waitingFor"]?["message"] == "Apply?" && open["waitingFor"]?["choices"] == ["yes", "no"])
        #expect(open["waitingFor"]?["default"] == "no" && open["waitingFor"]?["deadline"] != nil)
        let answer =
            isForm
            ? await fixture.form(.post, "/a/answer", "answer=yes&number=1")
            : await fixture.json(.post, "/a/answer", #"{"answer":"yes","number":1}"#)
        #expect(answer.status == 200)
        #expect(answer[.eTag] == "\"e-2\"")
        #expect(answer.json["status"] == "running" && answer.json["waitingFor"] == nil)
        let last = await fixture.send(.get, "/a").json["lastAnswer"]
        #expect(last?["answer"] == "yes" && last?["number"] == 1 && last?["isExpired"] == false)
    }

    @Test(
        "The problem of a refused answer names the reason",
        arguments: [
            (#"{"answer":"yes","number":7}"#, 409, "already-answered"),
            (#"{"answer":"maybe"}"#, 422, "answer-not-accepted"),
            (#"{"answer":""}"#, 422, "answer-not-accepted"), ("{}", 422, "invalid-report"),
            (#"{"answer":7}"#, 422, "invalid-report"), (#"{"answer":"yes","more":1}"#, 422, "invalid-report"),
            (#"{"answer":"yes","number":-1}"#, 422, "invalid-report"), ("", 422, "invalid-report"),
            ("[", 400, "malformed-body"),
        ]
    )
    func refused(body: String, status: Int, problem: String) async {
        await ask()
        let answer = await fixture.json(.post, "/a/answer", body)
        #expect(answer.status == status)
        #expect(answer.problem == problem)
        #expect(await fixture.send(.get, "/a").json["status"] == "waiting")
        if problem == "answer-not-accepted" { #expect(answer.json["choices"] == ["yes", "no"]) }
    }

    @Test("Without an open question an answer gets a 409 that says what was answered; after the end, the end's")
    func notWaiting() async {
        _ = await fixture.json(.put, "/a", "{}")
        #expect(await fixture.form(.post, "/a/answer", "answer=yes").problem == "not-waiting")
        await ask()
        for status in [200, 409, 409] {
            let answer = await fixture.form(.post, "/a/answer", "answer=yes")
            #expect(answer.status == status)
            if status == 409 { #expect(answer.json["detail"]?.stringValue?.contains("answered: yes") == true) }
        }
        _ = await fixture.form(.patch, "/a", "status=succeeded")
        #expect(await fixture.form(.post, "/a/answer", "answer=yes").problem == "ended")
        #expect(await fixture.form(.post, "/b/answer", "answer=yes").problem == "unknown")
        #expect(await fixture.send(.get, "/a/answer").status == 405)
    }

    @Test("A repeated answer with its key gets the first response, in three rounds")
    func repeated() async {
        for round in 1...3 {
            await ask()
            let key = HTTPFields([HTTPField(name: .idempotencyKey, value: "k\(round)")])
            let first = await fixture.form(.post, "/a/answer", "answer=no", key)
            let second = await fixture.form(.post, "/a/answer", "answer=no", key)
            #expect(first.status == 200 && second.status == 200)
            #expect(first[.eTag] == second[.eTag])
            #expect(await fixture.form(.post, "/a/answer", "answer=yes", key).problem == "idempotency-key-reused")
        }
    }

    @Test("Only the permission to answer permits an answer, and its subject is shown", arguments: ["watch", "report"])
    func permission(other: String) async throws {
        var principals = Tokens.all
        principals["anna"] = ProgressPrincipal(
            subject: "anna",
            grants: [.init([.answer, .watch], for: .operation(Tokens.a))]
        )
        let fixture = Fixture { $0.authorizer = KnownTokens(principals: principals) }
        func token(_ name: String) -> HTTPFields { [.authorization: "Bearer \(name)"] }
        _ = await fixture.json(.put, "/a", Self.question, token("admin"))
        let refused = await fixture.form(.post, "/a/answer", "answer=yes", token("\(other)-a"))
        #expect(refused.status == 403 && refused.problem == "forbidden")
        #expect(await fixture.form(.post, "/a/answer", "answer=yes").status == 401)
        #expect(await fixture.form(.post, "/a/answer", "answer=yes", token("nothing")).status == 404)
        let answer = await fixture.form(.post, "/a/answer", "answer=yes", token("anna"))
        #expect(answer.status == 200)
        #expect(answer.json["lastAnswer"]?["answeredBy"] == "anna")
    }

    @Test("A form asks with a JSON text, and null withdraws the question")
    func form() async {
        _ = await fixture.form(.put, "/a", #"waitingFor={"kind":"input","message":"Name?"}"#)
        let open = await fixture.send(.get, "/a").json
        #expect(open["waitingFor"]?["kind"] == "input" && open["waitingFor"]?["choices"] == [])
        #expect(await fixture.form(.patch, "/a", "waitingFor=null").json["status"] == "running")
    }
}
