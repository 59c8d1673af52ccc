// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressWire
import Testing

@Suite("The body of a report in JSON")
struct ProgressReportBodyTests {
    private static func report(_ change: (inout ProgressReport) -> Void) -> ProgressReport {
        var report = ProgressReport()
        change(&report)
        return report
    }

    @Test(
        "Each member sets its property, and an absent member sets nothing",
        arguments: [
            ("", ProgressReport()), ("{}", ProgressReport()),
            (#"{"state":"S"}"#, ProgressReport(state: "S")),
            (#"{"details":{"a":1}}"#, ProgressReport(details: ["a": 1])),
            (#"{"details":null}"#, ProgressReport(details: .null)),
            (#"{"completedCount":3}"#, report { $0.completedCount = 3 }),
            (#"{"completedCount":3.0}"#, report { $0.completedCount = 3 }),
            (#"{"totalCount":10}"#, report { $0.totalCount = .some(10) }),
            (#"{"totalCount":null}"#, report { $0.totalCount = .unknown }),
            (#"{"unit":"files","advance":1}"#, report { ($0.unit, $0.advance) = ("files", 1) }),
            (#"{"unitsOfParts":2.5}"#, report { $0.unitsOfParts = 2.5 }),
            (#"{"baselineCount":130}"#, report { $0.baselineCount = 130 }),
            (#"{"fractionCompleted":0.25}"#, report { $0.fractionCompleted = 0.25 }),
            (#"{"fractionCompleted":1}"#, report { $0.fractionCompleted = 1 }),
            (#"{"title":"T","cancellable":true}"#, report { ($0.title, $0.isCancellable) = ("T", true) }),
            (#"{"labels":{"team":"data","old":""}}"#, report { $0.labels = ["team": "data", "old": ""] }),
            (#"{"attempt":2}"#, report { $0.attempt = 2 }),
            (#"{"status":"succeeded"}"#, report { $0.outcome = .succeeded() }),
            (#"{"status":"succeeded","result":{"rows":7}}"#, report { $0.outcome = .succeeded(result: ["rows": 7]) }),
            (#"{"status":"succeeded","result":null,"error":null}"#, report { $0.outcome = .succeeded() }),
            (#"{"status":"succeeded","result":false}"#, report { $0.outcome = .succeeded(result: false) }),
            (#"{"status":"cancelled"}"#, report { $0.outcome = .cancelled }),
            (
                #"{"status":"failed","error":{"type":"urn:x","title":"T","detail":"D","path":"/"}}"#,
                report {
                    $0.outcome = .failed(
                        ProgressProblem(type: "urn:x", title: "T", detail: "D", extensions: ["path": "/"])
                    )
                }
            ),
            (
                #"{"status":"failed","error":"Disk full"}"#,
                report {
                    $0.outcome = .failed(
                        ProgressProblem(type: "urn:live-progress:problem:failed", title: "Failed", detail: "Disk full")
                    )
                }
            ),
            (
                #"{"status":"failed"}"#,
                report {
                    $0.outcome = .failed(
                        ProgressProblem(
                            type: "urn:live-progress:problem:failed",
                            title: "Failed",
                            detail: "The worker reported a failure without saying why."
                        )
                    )
                }
            ),
        ]
    )
    func reads(_ text: String, _ report: ProgressReport) throws {
        #expect(try ProgressReportBody.decodeReport(json: text.utf8) == report)
    }

    private static let allowed =
        "state, details, completedCount, totalCount, unit, advance, baselineCount, fractionCompleted, "
        + "unitsOfParts, title, labels, cancellable, attempt, worker, lease, waitingFor, status, result, error"

    @Test(
        "The error names the wrong member and the accepted values",
        arguments: [
            ("[]", nil, "The text must be a JSON object."),
            ("{", nil, "Not JSON: expected a member's name in quotation marks at byte 1."),
            (#"{"stat":"S"}"#, "stat", "There is no member stat; allowed are \(allowed)."),
            (#"{"id":"a"}"#, "id", "There is no member id; allowed are \(allowed)."),
            (#"{"revision":1}"#, "revision", "There is no member revision; allowed are \(allowed)."),
            (#"{"state":1}"#, "state", "state must be a string."),
            (#"{"state":null}"#, "state", "state must be a string."),
            (#"{"completedCount":"3"}"#, "completedCount", "completedCount must be an integer of 64 bits."),
            (#"{"completedCount":0.5}"#, "completedCount", "completedCount must be an integer of 64 bits."),
            (#"{"completedCount":1e30}"#, "completedCount", "completedCount must be an integer of 64 bits."),
            (#"{"completedCount":null}"#, "completedCount", "completedCount must be an integer of 64 bits."),
            (#"{"completedCount":-1}"#, "completedCount", "completedCount must not be negative."),
            (#"{"totalCount":-1}"#, "totalCount", "totalCount must not be negative."),
            (#"{"totalCount":"?"}"#, "totalCount", "totalCount must be an integer of 64 bits."),
            (#"{"advance":-1}"#, "advance", "advance must not be negative."),
            (#"{"unitsOfParts":-1}"#, "unitsOfParts", "unitsOfParts must be a number of units, 0 or more."),
            (#"{"unitsOfParts":1e19}"#, "unitsOfParts", "unitsOfParts must be a number of units, 0 or more."),
            (#"{"baselineCount":-1}"#, "baselineCount", "baselineCount must not be negative."),
            (#"{"fractionCompleted":"1"}"#, "fractionCompleted", "fractionCompleted must be a number."),
            (#"{"fractionCompleted":1.5}"#, "fractionCompleted", "fractionCompleted must be a number from 0 to 1."),
            (#"{"fractionCompleted":null}"#, "fractionCompleted", "fractionCompleted must be a number."),
            (#"{"unit":[]}"#, "unit", "unit must be a string."), (#"{"title":{}}"#, "title", "title must be a string."),
            (#"{"labels":"a"}"#, "labels", "labels must be an object."),
            (#"{"labels":{"a":null}}"#, "labels.a", "labels.a must be a string."),
            (#"{"labels":{"":"x"}}"#, "labels", "labels must have names of 1 to 256 bytes."),
            (#"{"cancellable":"yes"}"#, "cancellable", "cancellable must be true or false."),
            (#"{"attempt":0}"#, "attempt", "attempt must be an integer from 1."),
            (#"{"attempt":1.5}"#, "attempt", "attempt must be an integer from 1."),
            (#"{"status":"running"}"#, "status", "status must be one of succeeded, failed, cancelled."),
            (#"{"status":"done"}"#, "status", "status must be one of succeeded, failed, cancelled."),
            (#"{"status":null}"#, "status", "status must be a string."),
            (#"{"result":1}"#, "result", "result is allowed only with the status succeeded."),
            (#"{"status":"failed","result":1}"#, "result", "result is allowed only with the status succeeded."),
            (#"{"status":"cancelled","result":1}"#, "result", "result is allowed only with the status succeeded."),
            (#"{"error":{}}"#, "error", "error is allowed only with the status failed."),
            (#"{"status":"succeeded","error":{}}"#, "error", "error is allowed only with the status failed."),
            (
                #"{"status":"failed","error":1}"#, "error",
                "error must be a string, or an object with type, title, detail."
            ),
        ] as [(String, String?, String)]
    )
    func refuses(_ text: String, _ member: String?, _ message: String) {
        #expect(throws: WireError(member: member, message: message, isMalformed: message.hasPrefix("Not JSON"))) {
            try ProgressReportBody.decodeReport(json: text.utf8)
        }
    }

    @Test("The name of a label has at most 256 bytes")
    func limitsLabels() throws {
        let longest = String(repeating: "é", count: 128)
        #expect(
            try ProgressReportBody.decodeReport(json: "{\"labels\":{\"\(longest)\":\"x\"}}".utf8).labels == [
                longest: "x"
            ]
        )
        #expect(throws: WireError(member: "labels", message: "labels must have names of 1 to 256 bytes.")) {
            try ProgressReportBody.decodeReport(json: "{\"labels\":{\"a\(longest)\":\"x\"}}".utf8)
        }
    }

    @Test("A report of the maximum depth can still be decoded from every message that contains it")
    func limitsDepth() throws {
        let depth = ProgressReportBody.maximumDepth - 1
        let deepest = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        let report = try ProgressReportBody.decodeReport(json: "{\"details\":\(deepest)}".utf8)
        #expect(try ProgressReportBody.decodeReport(form: "details=\(deepest)".utf8) == report)
        // In a form, an object past the maximum depth is read as a string.
        for text in ["{\"a\":\(deepest.dropFirst().dropLast())}", "{\"a\":\(deepest)}"] {
            let failed = try ProgressReportBody.decodeReport(form: "status=failed&error=\(text)".utf8)
            #expect(try ProgressReportBody.decodeReport(json: ProgressReportBody.encodeReport(failed)) == failed)
        }
        let snapshot = ProgressMessageTests.snapshot(status: .succeeded, outcome: .succeeded(result: report.details))
        let page = ProgressPage(snapshots: [snapshot])
        #expect(try ProgressMessage.decodePage(ProgressMessage.encodePage(page)) == page)
        #expect(throws: WireError.self) { try ProgressReportBody.decodeReport(json: "{\"details\":[\(deepest)]}".utf8) }
        #expect(throws: WireError.self) { try ProgressReportBody.decodeReport(form: "details=[\(deepest)]".utf8) }
    }

    @Test("Decoding an encoded report gives the same report", arguments: 0..<200)
    func roundTrip(seed: Int) throws {
        var random = RandomSnapshots(seed: UInt64(seed))
        let report = random.report()
        #expect(try ProgressReportBody.decodeReport(json: ProgressReportBody.encodeReport(report)) == report)
    }

    @Test("A report is encoded in the documented order, without the members that it does not set")
    func writes() {
        var report = ProgressReport(state: "Copying", details: ["file": "a.csv"])
        report.completedCount = 3
        report.totalCount = .unknown
        report.labels = ["b": "2", "a": "1"]
        report.outcome = .succeeded(result: 7)
        #expect(
            String(decoding: ProgressReportBody.encodeReport(report), as: UTF8.self)
                == #"{"state":"Copying","details":{"file":"a.csv"},"completedCount":3,"totalCount":null,"#
                + #""labels":{"a":"1","b":"2"},"status":"succeeded","result":7}"#
        )
        #expect(ProgressReportBody.encodeReport(ProgressReport()) == Array("{}".utf8))
    }
}
