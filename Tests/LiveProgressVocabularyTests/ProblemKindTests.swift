// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@Suite("The vocabulary of problems")
struct ProblemKindTests {
    private static let description = "docs/api/openapi.yaml"

    @Test("openapi.yaml lists exactly the problem types, each with its status and title", arguments: [description])
    func listed(path: String) throws {
        let listed = try Document(path).table("type").map { "\($0[0]) \($0[1].prefix(3)) \($0[2])" }
        let kinds = ProgressProblem.Kind.allCases.map { kind in
            "`\(kind.rawValue)` \(kind.status.map(String.init) ?? "") \(kind.title)"
        }
        for kind in kinds { #expect(listed.contains(kind), "\(path) has no row for \(kind)") }
        for row in listed { #expect(kinds.contains(row), "\(path) has a row for an unknown problem type: \(row)") }
    }

    @Test("openapi.yaml names only known problem types in its responses")
    func namedInAnswers() throws {
        let responses = try Document(Self.description).names(at: ["components", "responses"])
        #expect(responses.contains("Conflict"))
        let names = try Document(Self.description).lines.filter { $0.contains("content: *problem") }
            .flatMap {
                $0.split(separator: "`").filter { $0.contains("-") && $0.allSatisfy { $0.isLowercase || $0 == "-" } }
            }
        #expect(names.contains("stale-attempt"))
        for name in names {
            #expect(ProgressProblem.Kind(rawValue: String(name)) != nil, "unknown problem type: \(name)")
        }
    }

    @Test(
        "The type of a problem gives its kind, and each kind has a title",
        arguments: ProgressProblem.Kind.allCases
    )
    func roundTrip(kind: ProgressProblem.Kind) {
        #expect(ProgressProblem(kind, "").kind == kind)
        #expect(!kind.title.isEmpty)
        #expect(ProgressProblem.Kind(type: kind.rawValue) == nil)
        #expect(ProgressProblem.Kind(type: kind.type + "s") == nil)
    }

    @Test("The sources define problem types in one place only")
    func spelledOnce() throws {
        for path in Document.paths(below: ["Sources", "Server/Sources"], suffix: ".swift") {
            guard !path.hasSuffix("ProgressProblem+Kind.swift"), !path.hasSuffix("/ProgressProblem.swift") else {
                continue
            }
            let text = try Document(path).text
            #expect(!text.contains("typePrefix +"), "\(path) builds a type; use ProgressProblem.Kind")
            #expect(!text.contains(#"type: "urn:live-progress"#), "\(path) writes a type; use ProgressProblem.Kind")
        }
    }
}
