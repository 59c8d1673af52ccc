// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
@_spi(Server) import LiveProgress
@_spi(Server) import LiveProgressWire
import Testing

@Suite("Decoding of server messages")
struct ProgressMessageDecodingTests {
    private static let least =
        #""id":"a","cursor":"e-7","status":"running","state":"S","createdAt":"2026-01-02T03:04:05Z","#
        + #""updatedAt":"2026-01-02T03:04:05Z""#

    @Test("Decoding an encoded event gives the same event", arguments: 0..<200)
    func eventsRoundTrip(seed: Int) throws {
        var random = RandomSnapshots(seed: UInt64(seed))
        let event = random.event()
        let read = try ProgressMessage.decodeFull(ProgressMessage.encodeFull(event))
        #expect(read == event)
        #expect(try ProgressMessage.decodeSnapshot(ProgressMessage.encodeSnapshot(event.snapshot)) == event.snapshot)
        #expect(
            try ProgressMessage.decodeFeed(ProgressMessage.encodeFeed(.changed(event.snapshot)))
                == .changed(event.snapshot)
        )
    }

    @Test("Decoding an encoded page gives the same page", arguments: 0..<20)
    func pagesRoundTrip(seed: Int) throws {
        var random = RandomSnapshots(seed: UInt64(seed))
        let page = ProgressPage(
            snapshots: (0..<seed).map { _ in random.snapshot() },
            nextPageToken: seed % 2 == 0 ? nil : random.text()
        )
        #expect(try ProgressMessage.decodePage(ProgressMessage.encodePage(page)) == page)
    }

    @Test("Foundation parses every message as JSON", arguments: 0..<50)
    func isJSON(seed: Int) throws {
        var random = RandomSnapshots(seed: UInt64(seed))
        let data = Data(ProgressMessage.encodeFull(random.event()))
        let members = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(members["cursor"] is String)
    }

    @Test("Optional members may be absent, and unknown members are ignored")
    func isTolerant() throws {
        let least = try ProgressMessage.decodeFull(Array("{\"type\":\"update\",\(Self.least)}".utf8))
        #expect(least.snapshot.attempt == 1)
        #expect(least.snapshot.details == .null)
        #expect(least.snapshot.counts == nil)
        #expect(least.snapshot.labels.isEmpty)
        #expect(!least.snapshot.isCancellable)
        #expect(least.skipped == 0)
        #expect(least.resumed == nil)
        let more = "{\"type\":\"update\",\(Self.least),\"new\":{\"x\":[1]},\"progress\":{\"completedCount\":1,\"y\":2}}"
        #expect(try ProgressMessage.decodeFull(Array(more.utf8)).snapshot.counts == ProgressCounts(completedCount: 1))
    }

    @Test(
        "An invalid message is rejected, and the error names the wrong member",
        arguments: [
            ("", nil, "Not JSON: expected a value at byte 0."),
            ("[]", nil, "The text must be a JSON object."),
            ("{}", "type", "type is missing."),
            (#"{"type":1}"#, "type", "type must be a string."),
            (#"{"type":"hello"}"#, "type", "type must be one of snapshot, update, end, removed, error, authenticated."),
            (#"{"type":"removed","id":"a"}"#, "type", "type must be one of snapshot, update, end."),
            (#"{"type":"update"}"#, "status", "status is missing."),
            (
                #"{"type":"update","status":"paused"}"#, "status",
                "status must be one of pending, running, waiting, stalled, cancelling, succeeded, failed, cancelled."
            ),
            (
                #"{"type":"update",LEAST,"cursor":"7"}"#, "cursor",
                "cursor must be an epoch and a revision, such as k3f9-42."
            ),
            (
                #"{"type":"update",LEAST,"id":"a b"}"#, "id",
                "id must be 1 to 128 characters of A-Z a-z 0-9 - . _ ~ : @."
            ),
            (#"{"type":"update",LEAST,"state":null}"#, "state", "state is missing."),
            (#"{"type":"update",LEAST,"attempt":0}"#, "attempt", "attempt must be an integer from 1."),
            (#"{"type":"update",LEAST,"skipped":-1}"#, "skipped", "skipped must not be negative."),
            (#"{"type":"update",LEAST,"cancellable":1}"#, "cancellable", "cancellable must be true or false."),
            (#"{"type":"update",LEAST,"labels":[]}"#, "labels", "labels must be an object."),
            (#"{"type":"update",LEAST,"labels":{"a":1}}"#, "labels.a", "labels.a must be a string."),
            (#"{"type":"update",LEAST,"progress":1}"#, "progress", "progress must be an object."),
            (
                #"{"type":"update",LEAST,"progress":{"totalCount":1.5}}"#, "progress.totalCount",
                "progress.totalCount must be an integer of 64 bits."
            ),
            (
                #"{"type":"update",LEAST,"progress":{"throughput":"1"}}"#, "progress.throughput",
                "progress.throughput must be a number."
            ),
            (
                #"{"type":"update",LEAST,"updatedAt":"today"}"#, "updatedAt",
                "updatedAt must be a date such as 2026-01-02T03:04:05.678Z."
            ),
        ] as [(String, String?, String)]
    )
    func refuses(_ text: String, _ member: String?, _ message: String) {
        let bytes = Array(text.replacing("LEAST", with: Self.least).utf8)
        #expect(throws: WireError(member: member, message: message, isMalformed: message.hasPrefix("Not JSON"))) {
            try ProgressMessage.decodeFull(bytes)
        }
    }

    @Test("The error of an invalid page names the wrong operation by its index")
    func refusesPages() {
        let page = "{\"operations\":[{\(Self.least)},{\(Self.least),\"title\":1}]}"
        #expect(throws: WireError(member: "operations[1].title", message: "operations[1].title must be a string.")) {
            try ProgressMessage.decodePage(Array(page.utf8))
        }
        #expect(throws: WireError(member: "operations", message: "operations must be an array.")) {
            try ProgressMessage.decodePage(Array("{}".utf8))
        }
        #expect(throws: WireError(member: "operations[0]", message: "operations[0] must be an object.")) {
            try ProgressMessage.decodePage(Array(#"{"operations":[1]}"#.utf8))
        }
    }

    @Test("A connection decodes events, removals and errors")
    func readsEveryType() throws {
        let id = ProgressID("a")
        #expect(try ProgressServerMessage(ProgressMessage.encodeFeed(.removed(id))) == .removed(id))
        #expect(try ProgressMessage.decodeFeed(ProgressMessage.encodeFeed(.removed(id))) == .removed(id))
        let problem = ProgressProblem(type: "urn:x", title: "T", status: 400, detail: "D", extensions: ["n": 1])
        #expect(try ProgressServerMessage(ProgressMessage.encodeError(problem)) == .error(problem))
        #expect(throws: WireError(member: "type", message: "type must be one of update, end, removed.")) {
            try ProgressMessage.decodeFeed(ProgressMessage.encodeError(problem))
        }
        #expect(throws: WireError(member: "error", message: "error is missing.")) {
            try ProgressServerMessage(Array(#"{"type":"error"}"#.utf8))
        }
    }

    @Test("Problem details are decoded; standard members of a wrong type are ignored")
    func readsProblems() throws {
        let problem = ProgressProblem(type: "urn:x", title: "T", status: 400, instance: "/i", extensions: ["n": [1]])
        #expect(try ProgressMessage.decodeProblem(ProgressMessage.encodeProblem(problem)) == problem)
        let odd = Array(#"{"type":1,"title":2,"status":"x","detail":null}"#.utf8)
        #expect(try ProgressMessage.decodeProblem(odd) == ProgressProblem(title: "Failed"))
    }

    @Test("A failed operation without a problem receives the default problem (invariant 6)")
    func failsWithoutProblem() throws {
        let text = "{\"type\":\"end\",\(Self.least),\"status\":\"failed\"}"
        let event = try ProgressMessage.decodeFull(Array(text.utf8))
        #expect(event.snapshot.error?.type == "urn:live-progress:problem:failed")
    }
}
