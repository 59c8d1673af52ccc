// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire
import Testing

@Suite("Questions in reports")
struct QuestionMessageTests {
    @Test(
        "A question that is not formed as required is refused, and the error names the member",
        arguments: [
            (#""Apply?""#, "waitingFor"), ("{}", "waitingFor.message"), (#"{"message":7}"#, "waitingFor.message"),
            (#"{"message":"?","kind":"demand"}"#, "waitingFor.kind"),
            (#"{"message":"?","kind":null}"#, "waitingFor.kind"),
            (#"{"message":"?","choices":"yes"}"#, "waitingFor.choices"),
            (#"{"message":"?","choices":["yes",1]}"#, "waitingFor.choices"),
            (#"{"message":"?","timeout":0}"#, "waitingFor.timeout"),
            (#"{"message":"?","timeout":1e9}"#, "waitingFor.timeout"),
            (#"{"message":"?","default":1}"#, "waitingFor.default"),
            (#"{"message":"?","deadline":"2026-01-02T03:04:05Z"}"#, "waitingFor.deadline"),
        ]
    )
    func refused(question: String, member: String) {
        #expect { try ProgressReportBody.decodeReport(json: #"{"waitingFor":\#(question)}"#.utf8) } throws: {
            ($0 as? WireError)?.member == member
        }
    }

    @Test("A report asks with every member, or with the message alone")
    func read() throws {
        let text = #"{"kind":"permission","message":"Delete?","choices":["yes","no"],"timeout":1.5,"default":"no"}"#
        let report = try ProgressReportBody.decodeReport(json: #"{"waitingFor":\#(text)}"#.utf8)
        let whole = ProgressQuestion(
            "Delete?",
            choices: ["yes", "no"],
            default: "no",
            within: .seconds(1.5),
            kind: .permission
        )
        #expect(report.waitingFor == .ask(whole))
        #expect(try ProgressReportBody.decodeReport(json: ProgressReportBody.encodeReport(report)) == report)
        let least = try ProgressReportBody.decodeReport(json: #"{"waitingFor":{"message":"Name?"}}"#.utf8)
        #expect(least.waitingFor == .ask(ProgressQuestion("Name?")))
        let written = #"{"waitingFor":{"kind":"question","message":"Name?"}}"#
        #expect(ProgressReportBody.encodeReport(least) == Array(written.utf8))
        let elsewhere = #"{"waitingFor":{"kind":"question","message":"Name?","answerable":false}}"#
        let unanswerable = try ProgressReportBody.decodeReport(json: elsewhere.utf8)
        #expect(unanswerable.waitingFor == .ask(ProgressQuestion("Name?", isAnswerable: false)))
        #expect(ProgressReportBody.encodeReport(unanswerable) == Array(elsewhere.utf8))
        let withdrawal = try ProgressReportBody.decodeReport(json: #"{"waitingFor":null}"#.utf8)
        #expect(withdrawal.waitingFor == .withdraw)
        #expect(ProgressReportBody.encodeReport(withdrawal) == Array(#"{"waitingFor":null}"#.utf8))
    }
}
