// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire
import Testing

@testable import LiveProgressHTTP

/// Long runs of combining marks: a comparison by canonical equivalence takes minutes, a comparison by bytes does not.
@Suite("Invariant 11: text of combining marks is processed as fast as other text", .timeLimit(.minutes(1)))
struct CombiningMarksTests {
    private static let marks = String(repeating: "\u{301}\u{316}", count: 100_000)
    private let fixture = Fixture()

    /// Returns the pattern with each `MARKS` replaced by the combining marks and the ending.
    private static func text(_ pattern: String, ending: String = "") -> String {
        let pieces = pattern.utf8.split(separator: UInt8(ascii: "M"), omittingEmptySubsequences: false)
        return pieces.enumerated().map { index, piece in
            index == 0 ? String(Substring(piece)) : marks + ending + String(Substring(piece.dropFirst(4)))
        }.joined()
    }

    // Each test builds its texts itself, because swift-testing compares test arguments.

    @Test("Combining marks in a JSON body are rejected quickly")
    func json() async {
        _ = await fixture.json(.put, "/job", "")
        for body in [
            #"{"sMARKS":1}"#, #"{"status":"sMARKS"}"#, #"{"labels":{"sMARKS":"x"}}"#, #"{"labels":{"a":"sMARKS"}}"#,
            #"{"completedCount":"sMARKS"}"#,
        ] {
            let answer = await fixture.json(.patch, "/job", Self.text(body))
            #expect(answer.status == 422)
            #expect(answer[.contentType] == "application/problem+json")
        }
    }

    @Test("Combining marks in a form are rejected quickly")
    func form() async {
        _ = await fixture.json(.put, "/job", "")
        for body in ["sMARKS=1", "status=sMARKS", "labels.sMARKS=x", "completedCount=sMARKS"] {
            #expect(await fixture.form(.patch, "/job", Self.text(body)).status == 422)
        }
    }

    @Test("Combining marks in a repeated end are compared quickly")
    func repeatedEnd() async {
        for body in [
            #"{"state":"sMARKS","status":"cancelled"}"#, #"{"state":"s","details":"sMARKS","status":"cancelled"}"#,
            #"{"status":"succeeded","result":{"a":"sMARKS"}}"#,
            #"{"status":"failed","error":{"title":"T","detail":"sMARKS","sMARKS":1}}"#,
        ] {
            let fixture = Fixture()
            _ = await fixture.json(.put, "/job", Self.text(body))
            #expect(await fixture.json(.put, "/job", Self.text(body)).status == 200)
            #expect(await fixture.json(.put, "/job", Self.text(body, ending: "1")).status == 409)
        }
    }

    @Test("A repeated end must be equal byte for byte, not only by canonical equivalence")
    func composedRepeat() async {
        _ = await fixture.json(.put, "/job", #"{"state":"caf\u00e9","status":"cancelled"}"#)
        #expect(await fixture.json(.put, "/job", #"{"state":"cafe\u0301","status":"cancelled"}"#).status == 409)
    }

    @Test("Combining marks in a header field or query are rejected quickly")
    func fields() async {
        _ = await fixture.json(.put, "/job", "")
        let marks = "s" + Self.marks
        let charset = await fixture.send(.patch, "/job", [.contentType: "application/json; charset=\"\(marks)\""], "{}")
        #expect(charset.status == 415)
        let match = await fixture.send(.patch, "/job", [.ifMatch: "\"\(marks)\""], "{}")
        #expect(match.status == 412)
        #expect(Preferences("return=\"\(marks)\", wait=3").wait == 3)
        for query in ["status=\(marks)", "label=\(marks)=1", "label=a=\(marks)", "label=a=1&label=a=\(marks)"] {
            #expect(await fixture.send(.get, "?\(query)").status == 400)
        }
        #expect(await fixture.send(.get, "?\(marks)=1").status == 400)
    }

    @Test("Combining marks in a handshake or a watcher's message are rejected quickly")
    func watching() async {
        _ = await fixture.json(.put, "/job", "")
        let handshake: HTTPFields = [
            .upgrade: "websocket", .connection: "upgrade", .secWebSocketKey: "AAAAAAAAAAAAAAAAAAAAAA==",
            .secWebSocketVersion: "1" + Self.marks,
        ]
        guard case .refuse(let answer) = fixture.api.watch(Fixture.request(.get, "/job", handshake)) else {
            Issue.record("a version of combining marks was accepted")
            return
        }
        #expect(answer.head.status.code == 426)
        #expect(throws: WireError.self) { try ProgressClientMessage(#"{"type":"c\#(Self.marks)"}"#.utf8) }
    }
}
