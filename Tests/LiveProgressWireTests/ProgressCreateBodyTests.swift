// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire
import Testing

@Suite("The body of a request that creates an operation")
struct ProgressCreateBodyTests {
    @Test("An empty body creates an operation with default options and no first report", arguments: ["", "{}"])
    func empty(_ text: String) throws {
        let (id, options, report) = try ProgressReportBody.decodeCreate(json: text.utf8)
        #expect(id == nil)
        #expect(options == ProgressOptions())
        #expect(report == nil)
    }

    @Test("Members that describe the operation become options; members of its progress become the first report")
    func splits() throws {
        let text =
            #"{"id":"a","parent":"b","lease":1.5,"title":"T","labels":{"x":"1","gone":""},"cancellable":true,"#
            + #""state":"S","totalCount":10}"#
        let (id, options, report) = try ProgressReportBody.decodeCreate(json: text.utf8)
        #expect(id == ProgressID("a"))
        let expected = ProgressOptions(
            title: "T",
            parent: ProgressID("b"),
            labels: ["x": "1"],
            isCancellable: true,
            lease: .milliseconds(1500)
        )
        #expect(options == expected)
        var first = ProgressReport(state: "S")
        first.totalCount = .some(10)
        #expect(report == first)
    }

    @Test("A form body gives the same result as a JSON body")
    func form() throws {
        let (id, options, report) = try ProgressReportBody.decodeCreate(
            form: "id=a&parent=b&lease=30&title=My+import&labels.team=data&cancellable=true&state=S".utf8
        )
        #expect(id == ProgressID("a"))
        let expected = ProgressOptions(
            title: "My import",
            parent: ProgressID("b"),
            labels: ["team": "data"],
            isCancellable: true,
            lease: .seconds(30)
        )
        #expect(options == expected)
        #expect(report == ProgressReport(state: "S"))
    }

    @Test("The server decodes the body that the client encodes")
    func roundTrip() throws {
        var first = ProgressReport(state: "S", details: [1])
        first.attempt = 2
        let options = ProgressOptions(
            title: "T",
            parent: ProgressID("b"),
            labels: ["x": "1"],
            isCancellable: true,
            lease: .milliseconds(250)
        )
        let bytes = ProgressReportBody.encodeCreate(id: ProgressID("a"), options: options, report: first)
        let read = try ProgressReportBody.decodeCreate(json: bytes)
        #expect(read.id == ProgressID("a"))
        #expect(read.options == options)
        #expect(read.report == first)
        #expect(ProgressReportBody.encodeCreate() == Array("{}".utf8))
    }

    private static let allowed =
        "id, parent, state, details, completedCount, totalCount, unit, advance, baselineCount, "
        + "fractionCompleted, unitsOfParts, title, labels, cancellable, attempt, worker, lease, waitingFor, status, result, error"
    private static let idRule = "must be 1 to 128 characters of A-Z a-z 0-9 - . _ ~ : @."
    private static let leaseRule = "must be more than 0 and at most 31536000 seconds."

    @Test(
        "The error names the wrong member and the accepted values",
        arguments: [
            (#"{"name":"a"}"#, "name", "There is no member name; allowed are \(allowed)."),
            (#"{"id":""}"#, "id", "id \(idRule)"), (#"{"id":"a/b"}"#, "id", "id \(idRule)"),
            (#"{"id":".."}"#, "id", "id \(idRule)"), (#"{"id":7}"#, "id", "id \(idRule)"),
            (#"{"parent":null}"#, "parent", "parent \(idRule)"), (#"{"lease":0}"#, "lease", "lease \(leaseRule)"),
            (#"{"lease":-1}"#, "lease", "lease \(leaseRule)"), (#"{"lease":1e18}"#, "lease", "lease \(leaseRule)"),
            (#"{"lease":"1m"}"#, "lease", "lease must be a number."),
            (#"{"state":1}"#, "state", "state must be a string."),
        ]
    )
    func refuses(_ text: String, _ member: String, _ message: String) {
        #expect(throws: WireError(member: member, message: message)) {
            try ProgressReportBody.decodeCreate(json: text.utf8)
        }
    }
}
