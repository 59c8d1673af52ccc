// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire
import Testing

@Suite("The body of a report as a form")
struct ProgressReportFormTests {
    @Test(
        "A form gives the same report as JSON with the same names",
        arguments: [
            ("", "{}"), ("&&", "{}"), ("state=Copying", #"{"state":"Copying"}"#), ("state=", #"{"state":""}"#),
            ("state", #"{"state":""}"#), ("state=a+b%20c%2Bd", #"{"state":"a b c+d"}"#),
            ("state=50%25", #"{"state":"50%"}"#), ("state=%C3%A9%F0%9F%98%80é", #"{"state":"é😀é"}"#),
            ("state=a=b", #"{"state":"a=b"}"#), ("state=1", #"{"state":"1"}"#), ("state=a&state=b", #"{"state":"b"}"#),
            ("%73tate=a", #"{"state":"a"}"#),
            (#"details={"a":[1]}"#, #"{"details":{"a":[1]}}"#), ("details=null", #"{"details":null}"#),
            ("details=%5B1%5D", #"{"details":[1]}"#),
            ("details.file=a.csv", #"{"details":{"file":"a.csv"}}"#),
            ("details.n=1&details.f=0.5", #"{"details":{"n":1,"f":0.5}}"#),
            ("details.t=true&details.z=null", #"{"details":{"t":true,"z":null}}"#),
            ("details.a=&details.b=007&details.c=1x", #"{"details":{"a":"","b":"007","c":"1x"}}"#),
            ("details.a=[1]&details.b={}", #"{"details":{"a":"[1]","b":"{}"}}"#),
            ("details.q=\"x\"", #"{"details":{"q":"\"x\""}}"#), ("details.a.b=1", #"{"details":{"a.b":1}}"#),
            ("details.a=1&details.a=2", #"{"details":{"a":2}}"#),
            (#"details.b=2&details={"a":1,"b":1}"#, #"{"details":{"a":1,"b":2}}"#),
            ("labels.team=data&labels.n=7", #"{"labels":{"team":"data","n":"7"}}"#),
            (#"labels={"a":"1"}&labels.b=2"#, #"{"labels":{"a":"1","b":"2"}}"#), ("labels.a=", #"{"labels":{"a":""}}"#),
            ("completedCount=3&totalCount=10&advance=1", #"{"completedCount":3,"totalCount":10,"advance":1}"#),
            ("baselineCount=130", #"{"baselineCount":130}"#),
            ("fractionCompleted=0.25", #"{"fractionCompleted":0.25}"#),
            ("totalCount=", #"{"totalCount":null}"#), ("totalCount=null", #"{"totalCount":null}"#),
            ("unit=files&title=Import&cancellable=false", #"{"unit":"files","title":"Import","cancellable":false}"#),
            ("attempt=2", #"{"attempt":2}"#), ("status=succeeded", #"{"status":"succeeded"}"#),
            ("status=succeeded&result=7", #"{"status":"succeeded","result":7}"#),
            (#"status=succeeded&result={"rows":7}"#, #"{"status":"succeeded","result":{"rows":7}}"#),
            ("status=failed&error=Disk+full", #"{"status":"failed","error":"Disk full"}"#),
            ("status=failed&error=7", #"{"status":"failed","error":"7"}"#),
            (
                #"status=failed&error={"type":"urn:x","title":"T"}"#,
                #"{"status":"failed","error":{"type":"urn:x","title":"T"}}"#
            ),
            ("status=cancelled", #"{"status":"cancelled"}"#),
        ]
    )
    func reads(_ form: String, _ json: String) throws {
        let report = try ProgressReportBody.decodeReport(form: form.utf8)
        #expect(try report == ProgressReportBody.decodeReport(json: json.utf8))
    }

    @Test(
        "The error names the wrong field and the accepted values",
        arguments: [
            ("details={", "details", "details must be JSON: expected a member's name in quotation marks at byte 1."),
            ("details=", "details", "details must be JSON: expected a value at byte 0."),
            ("details=50%25", "details", "details must be JSON: expected the end of the text at byte 2."),
            ("status=succeeded&result=done", "result", "result must be JSON: expected a value at byte 0."),
            ("details=1&details.a=2", "details.a", "details.a needs details to be an object."),
            ("labels=[]&labels.a=2", "labels.a", "labels.a needs labels to be an object."),
            ("labels.=2", "labels", "labels must have names of 1 to 256 bytes."),
            ("completedCount=three", "completedCount", "completedCount must be an integer of 64 bits."),
            ("completedCount=", "completedCount", "completedCount must be an integer of 64 bits."),
            ("completedCount=%2B1", "completedCount", "completedCount must be an integer of 64 bits."),
            ("advance=-1", "advance", "advance must not be negative."),
            ("cancellable=1", "cancellable", "cancellable must be true or false."),
            ("cancellable=yes", "cancellable", "cancellable must be true or false."),
            ("status=done", "status", "status must be one of succeeded, failed, cancelled."),
        ]
    )
    func refuses(_ form: String, _ member: String, _ message: String) {
        #expect(throws: WireError(member: member, message: message)) {
            try ProgressReportBody.decodeReport(form: form.utf8)
        }
    }

    @Test(
        "An unknown field is rejected",
        arguments: ["percent=5", "detail.a=1", "details2=1", "=1", "result.a=1"]
    )
    func refusesUnknown(_ form: String) throws {
        let name = try #require(form.split(separator: "=", omittingEmptySubsequences: false).first)
        let error = #expect(throws: WireError.self) { try ProgressReportBody.decodeReport(form: form.utf8) }
        #expect(error?.member == String(name))
        #expect(error?.message.hasPrefix("There is no member \(name); allowed are state, details, ") == true)
    }

    @Test(
        "An invalid escape or invalid UTF-8 is a malformed body",
        arguments: [
            ("state=%FF", "state"), ("state=%", "state"), ("state=50%", "state"), ("state=%4", "state"),
            ("state=%zz", "state"), ("state=%+1", "state"), ("%FF=1", nil), ("%=1", nil),
            ("unheard=1&title=%", "title"),
        ] as [(String, String?)]
    )
    func refusesMalformed(_ form: String, _ member: String?) {
        let rule = "must be UTF-8 in which % begins an escape: write %25 for a percent sign."
        let message = "\(member ?? "The name of a field") \(rule)"
        #expect(throws: WireError(member: member, message: message, isMalformed: true)) {
            try ProgressReportBody.decodeReport(form: form.utf8)
        }
    }

    @Test("The time to decode fields of one member grows linearly with their number (invariant 11)")
    func isLinear() throws {
        let form = (0..<20_000).map { "details.n\($0)=\($0)" }.joined(separator: "&")
        #expect(try ProgressReportBody.decodeReport(form: form.utf8).details?.objectValue?.count == 20_000)
    }
}
