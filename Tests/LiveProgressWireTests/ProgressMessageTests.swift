// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
@_spi(Server) import LiveProgress
@_spi(Server) import LiveProgressWire
import Testing

@Suite("Encoding of server messages")
struct ProgressMessageTests {
    /// Returns the operation of the documentation's example.
    static func snapshot(
        status: ProgressStatus = .running,
        outcome: ProgressOutcome? = nil
    ) -> ProgressSnapshot {
        ProgressSnapshot(
            id: ProgressID("import-7"),
            cursor: ProgressCursor(epoch: "k3f9", revision: 42),
            status: status,
            state: "Processing",
            details: ["currentStep": "Validating data"],
            title: "Import customers",
            counts: ProgressCounts(
                completedCount: 50,
                totalCount: 100,
                unit: "rows",
                fractionCompleted: 0.5,
                throughput: 12.4,
                estimatedTimeRemaining: 4
            ),
            labels: ["team": "data", "env": "\"prod\""],
            isCancellable: true,
            outcome: outcome,
            createdAt: Date(timeIntervalSince1970: 1_767_323_045),
            updatedAt: Date(timeIntervalSince1970: 1_767_323_045.678)
        )
    }

    private static let members =
        #""id":"import-7","cursor":"k3f9-42","revision":42,"attempt":1,"status":"STATUS","#
        + #""state":"Processing","details":{"currentStep":"Validating data"},"title":"Import customers","#
        + #""progress":{"completedCount":50,"totalCount":100,"unit":"rows","fractionCompleted":0.5,"throughput":12.4,"#
        + #""estimatedTimeRemaining":4.0},"parent":null,"labels":{"env":"\"prod\"","team":"data"},"cancellable":true,"#
    private static let dates = #""createdAt":"2026-01-02T03:04:05.000Z","updatedAt":"2026-01-02T03:04:05.678Z""#

    private static func members(_ status: ProgressStatus) -> String {
        members.replacing("STATUS", with: status.rawValue)
    }

    private func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    @Test("A plain message has exactly the members state and details, in this order")
    func plain() {
        let snapshot = ProgressSnapshot(
            id: ProgressID(),
            cursor: ProgressCursor(epoch: "e", revision: 1),
            state: "Processing",
            details: ["percentComplete": 50, "currentStep": "Validating data"],
            createdAt: Date(),
            updatedAt: Date()
        )
        #expect(
            text(ProgressMessage.encodePlain(snapshot))
                == #"{"state":"Processing","details":{"percentComplete":50,"currentStep":"Validating data"}}"#
        )
    }

    @Test("A plain message without details has the value null")
    func plainWithoutDetails() {
        let snapshot = ProgressSnapshot(
            id: ProgressID(),
            cursor: ProgressCursor(epoch: "e", revision: 0),
            createdAt: Date(),
            updatedAt: Date()
        )
        #expect(text(ProgressMessage.encodePlain(snapshot)) == #"{"state":"Pending","details":null}"#)
    }

    @Test("A full update contains the whole state, byte for byte")
    func update() {
        let event = ProgressEvent(kind: .update, snapshot: Self.snapshot(), skipped: 3)
        #expect(
            text(ProgressMessage.encodeFull(event))
                == #"{"type":"update",\#(Self.members(.running))"skipped":3,\#(Self.dates)}"#
        )
    }

    @Test("A snapshot always states whether it resumes", arguments: [true, false, nil])
    func resumed(_ resumed: Bool?) {
        let event = ProgressEvent(kind: .snapshot, snapshot: Self.snapshot(), resumed: resumed)
        #expect(
            text(ProgressMessage.encodeFull(event))
                == #"{"type":"snapshot",\#(Self.members(.running))"skipped":0,\#(Self.dates),"resumed":\#(resumed ?? false)}"#
        )
    }

    @Test("The first message of a replay has resumed true, for any type of message")
    func replay() {
        let event = ProgressEvent(kind: .update, snapshot: Self.snapshot(), resumed: true)
        #expect(text(ProgressMessage.encodeFull(event)).hasSuffix(#","resumed":true}"#))
    }

    @Test(
        "A succeeded end has a result, a failed end has an error, a cancelled end has neither (invariant 6)",
        arguments: [
            (.succeeded(result: ["rows": 7]), #","result":{"rows":7}"#),
            (.succeeded(), #","result":null"#),
            (
                .failed(ProgressProblem(title: "Disk full", detail: "0 bytes left", extensions: ["path": "/var"])),
                #","error":{"type":"about:blank","title":"Disk full","detail":"0 bytes left","path":"/var"}"#
            ),
            (.cancelled, ""),
        ] as [(ProgressOutcome, String)]
    )
    func end(_ outcome: ProgressOutcome, _ tail: String) {
        let snapshot = Self.snapshot(status: outcome.status, outcome: outcome)
        let members = Self.members(outcome.status)
        #expect(
            text(ProgressMessage.encodeFull(ProgressEvent(kind: .end, snapshot: snapshot)))
                == #"{"type":"end",\#(members)"skipped":0,\#(Self.dates)\#(tail)}"#
        )
        #expect(text(ProgressMessage.encodeSnapshot(snapshot)) == "{\(members)\(Self.dates)\(tail)}")
        #expect(
            text(ProgressMessage.encodeFeed(.changed(snapshot)))
                == #"{"type":"end",\#(members)"skipped":0,\#(Self.dates)\#(tail)}"#
        )
    }

    @Test("The body of GET is the same object without the members of an event")
    func getBody() {
        #expect(text(ProgressMessage.encodeSnapshot(Self.snapshot())) == "{\(Self.members(.running))\(Self.dates)}")
    }

    @Test("A page has its operations and the token of the next page")
    func page() {
        let body = "{\(Self.members(.running))\(Self.dates)}"
        let page = ProgressPage(snapshots: [Self.snapshot(), Self.snapshot()], nextPageToken: "t/1")
        #expect(text(ProgressMessage.encodePage(page)) == #"{"operations":[\#(body),\#(body)],"nextPageToken":"t/1"}"#)
        let last = ProgressPage(snapshots: [])
        #expect(text(ProgressMessage.encodePage(last)) == #"{"operations":[],"nextPageToken":null}"#)
    }

    @Test("A feed has a message for each change and each removal")
    func feed() {
        #expect(
            text(ProgressMessage.encodeFeed(.changed(Self.snapshot())))
                == #"{"type":"update",\#(Self.members(.running))"skipped":0,\#(Self.dates)}"#
        )
        #expect(
            text(ProgressMessage.encodeFeed(.removed(ProgressID("a:b@c")))) == #"{"type":"removed","id":"a:b@c"}"#
        )
    }

    @Test("A problem has the RFC 9457 members that have a value; extensions cannot replace them")
    func problem() {
        let problem = ProgressProblem(
            type: "urn:x",
            title: "T",
            status: 409,
            detail: "D",
            instance: "/i",
            extensions: ["title": "not this", "member": "state"]
        )
        let body = #"{"type":"urn:x","title":"T","status":409,"detail":"D","instance":"/i","member":"state"}"#
        #expect(text(ProgressMessage.encodeProblem(problem)) == body)
        #expect(text(ProgressMessage.encodeError(problem)) == #"{"type":"error","error":\#(body)}"#)
        #expect(
            text(ProgressMessage.encodeProblem(ProgressProblem(title: "T"))) == #"{"type":"about:blank","title":"T"}"#
        )
    }
}
