// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressCLI

@Suite("OSC 7501, the program status protocol")
struct ProgramStatusTests {
    private static func read(_ body: String) -> ProgramStatus? { ProgramStatus(command: "7501;\(body)".utf8) }

    @Test("A report has its state, path, percentage, kind, title and message")
    func whole() {
        #expect(Self.read("state=working:msg=YeKArmI=")?.message == "ab", "A text that turns its direction.")
        let read = Self.read("state=blocked:id=a/b:progress=40:kind=permission:title=VGVzdHM=:msg=UnVuIHg/:app=demo")
        #expect(read?.state == .blocked && read?.path == ["a", "b"] && read?.percent == 40)
        #expect(read?.kind == .permission && read?.title == "Tests" && read?.message == "Run x?")
        #expect(Self.read("state=working")?.path == [])
    }

    @Test(
        "A percentage that is no number from 0 to 100 is absent, and so is one of another state",
        arguments: [
            ("0", 0), ("040", 40), ("100", 100), ("101", nil), ("140", nil), ("-5", nil), ("4.5", nil), ("", nil),
            ("x", nil),
        ] as [(String, Double?)]
    )
    func percents(text: String, expected: Double?) {
        #expect(Self.read("state=working:progress=\(text)")?.percent == expected)
        #expect(Self.read("state=done:progress=\(text)")?.percent == nil)
    }

    @Test(
        "A malformed or unknown pair is ignored alone; of a repeated key the last value counts",
        arguments: [
            "state=idle:state=working", "nonsense:state=working", "state=working:future=1", " state = working ",
            "state=working:Key=1", "state=working:msg=a b", "state=working:kind=other", "state=working:title=",
            "state=working::", "state=working:app=a b",
        ]
    )
    func lenient(body: String) {
        #expect(Self.read(body) == ProgramStatus(state: .working))
    }

    @Test(
        "A report outside the limits is ignored as a whole",
        arguments: [
            "", "progress=40", "state=", "state=paused", "state=WORKING", "state=working:id=", "state=clear:id=bad!",
            "state=working:id=a//b", "state=working:id=a/b/c/d/e/f/g/h/i",
            "state=working:id=\(String(repeating: "x", count: 33))",
            "state=working:\(String(repeating: "k", count: 17))=1", "state=working:msg=%%%%:id=%",
            "state=working:app=\(String(repeating: "x", count: 33))",
            "state=working:title=\(String(repeating: "A", count: 257))",
            "state=working:msg=\(String(repeating: "A", count: 2733))", "state=working:msg=/w==",
            "state=working:msg=CQ==",
            "state=working:msg=A", "state=working:x=\(String(repeating: "x", count: 4100))",
        ]
    )
    func strict(body: String) {
        #expect(Self.read(body) == nil)
    }

    @Test("Only the exact query is a query")
    func query() {
        #expect(ProgramStatus.isQuery("7501;?".utf8))
        for other in ["7501;??", "7501?", "7501;?:state=idle", "7501;", "750;?"] {
            #expect(!ProgramStatus.isQuery(other.utf8))
        }
    }
}

extension ProgramStatus {
    fileprivate init(state: State) {
        self.init(command: "7501;state=\(state.rawValue)".utf8)!
    }
}
