// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressWire
import Testing

@Suite("The vocabulary of reports")
struct ReportMemberTests {
    /// Returns a body that sets the member, and the other members that the member requires.
    private static func body(of member: ReportMember) -> JSONObject {
        switch member.value {
        case .text: [member.name: "said"]
        case .json: [member.name: ["a": 1]]
        case .count, .total: [member.name: 3]
        case .fraction: [member.name: 0.25]
        case .units: [member.name: 2.5]
        case .flag: [member.name: true]
        case .attempt: [member.name: 2]
        case .duration: [member.name: 90]
        case .labels: [member.name: ["team": "data"]]
        case .question: [member.name: ["kind": "input", "message": "Name?", "choices": ["a", "b"]]]
        case .status: [member.name: "succeeded"]
        case .result: ["status": "succeeded", member.name: ["rows": 7]]
        case .problem: ["status": "failed", member.name: ["type": "urn:x", "title": "T"]]
        }
    }

    private static func report(of member: ReportMember) throws -> ProgressReport {
        try ProgressReportBody.decodeReport(json: JSONValue.object(body(of: member)).description.utf8)
    }

    /// Returns the stored properties that differ from those of an empty report.
    private static func propertiesSaid(in report: ProgressReport) -> Set<String> {
        let pairs = zip(Mirror(reflecting: report).children, Mirror(reflecting: ProgressReport()).children)
        return Set(
            pairs.filter { String(reflecting: $0.value) != String(reflecting: $1.value) }.compactMap { $0.0.label }
        )
    }

    @Test("Each stored property of a report belongs to a member")
    func everyProperty() throws {
        let reached = try ReportMember.all.map { Self.propertiesSaid(in: try Self.report(of: $0)) }
        for property in Mirror(reflecting: ProgressReport()).children.compactMap(\.label) {
            #expect(reached.contains([property]), "no member of ReportMember.all reads \(property)")
        }
    }

    @Test("JSON and form encode and decode each member in the same way", arguments: ReportMember.all)
    func coded(member: ReportMember) throws {
        let body = Self.body(of: member)
        let report = try Self.report(of: member)
        let isOfLease = if case .lease = member.effect { true } else { false }
        #expect(report.isEmpty == isOfLease)
        #expect(member.isSaid(in: report))
        #expect(!member.isSaid(in: ProgressReport()))
        #expect(try JSONValue(parsing: ProgressReportBody.encodeReport(report)) == .object(body))
        let form = body.map { "\($0.name)=\($0.value.stringValue ?? $0.value.description)" }.joined(separator: "&")
        #expect(try ProgressReportBody.decodeReport(form: form.utf8) == report)
    }

    @Test("Folding an empty report onto a report, or the reverse, keeps every member", arguments: ReportMember.all)
    func merged(member: ReportMember) throws {
        let report = try Self.report(of: member)
        #expect(ProgressReport().folded(onto: report) == report)
        #expect(report.folded(onto: ProgressReport()) == report)
    }

    @Test("A report is a tick only if it sets counts", arguments: ReportMember.all)
    func ticks(member: ReportMember) throws {
        let isTick =
            switch member.effect {
            case .count, .lease: true
            case .content, .head, .question, .end: false
            }
        #expect(try Self.report(of: member).isTick == isTick)
    }

    @Test("The snapshot shows each member of a report", arguments: ReportMember.all)
    func shown(member: ReportMember) throws {
        let service = ProgressService()
        let tracker = try service.createProgress(options: ProgressOptions(title: "Before"))
        let journal = try service.getJournal(tracker.id)
        let before = try JSONValue(parsing: ProgressMessage.encodeSnapshot(journal.snapshot())).objectValue
        let snapshot = try journal.report(Self.report(of: member))
        let after = try JSONValue(parsing: ProgressMessage.encodeSnapshot(snapshot)).objectValue
        switch member.effect {
        case .count: #expect(after?["progress"] != before?["progress"])
        case .content, .head: #expect(after?[member.name] == Self.body(of: member)[member.name])
        case .question: #expect(after?[member.name]?["message"] == "Name?" && after?["status"] == "waiting")
        case .lease: #expect(after?["details"] == before?["details"] && after?["progress"] == before?["progress"])
        case .end:
            for said in Self.body(of: member) { #expect(after?[said.name] == said.value) }
        }
    }

    @Test("openapi.yaml lists exactly the members of a report and of a creation")
    func described() throws {
        let document = try Document("docs/api/openapi.yaml")
        expectSame(
            document.names(at: ["components", "schemas", "ReportMembers", "properties"]),
            ReportMember.all.map(\.name),
            "openapi.yaml, ReportMembers"
        )
        expectSame(
            document.names(at: ["components", "schemas", "Creation", "properties"]),
            ProgressReportBody.creationMembers,
            "openapi.yaml, Creation"
        )
        let ends = ProgressStatus.allCases.filter(\.isEnd).map(\.rawValue)
        let status = document.list("enum", at: ["components", "schemas", "ReportMembers", "properties", "status"])
        expectSame(status, ends, "openapi.yaml, the ends of ReportMembers")
    }
}

/// Records an issue for each name that only one of the two lists contains.
func expectSame(_ listed: some Sequence<String>, _ known: some Sequence<String>, _ place: String) {
    for name in Set(known).subtracting(listed).sorted() { Issue.record("\(place): \(name) is missing") }
    for name in Set(listed).subtracting(known).sorted() { Issue.record("\(place): \(name) is unknown") }
}

extension ReportMember: CustomTestStringConvertible {
    package var testDescription: String { name }
}
