// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress
@_spi(Server) import LiveProgressClient
import Testing

@testable import LiveProgressCLI

@Suite("The arguments")
struct ArgumentTests {
    @Test("the arguments of report become one report")
    func report() throws {
        let command = try ReportCommand.parse([
            "import-7", "--state", "Reading", "--details", #"{"file":"a"}"#, "--completed", "3", "--total", "10",
            "--unit", "files", "--advance", "1", "--title", "Import", "--label", "team=data", "--label", "x=",
            "--cancellable", "--succeed", "--result", "7",
        ])
        var report = ProgressReport(state: "Reading", details: ["file": "a"])
        report.completedCount = 3
        report.totalCount = .some(10)
        report.unit = "files"
        report.advance = 1
        report.title = "Import"
        report.labels = ["team": "data", "x": ""]
        report.isCancellable = true
        report.outcome = .succeeded(result: 7)
        #expect(command.content.report(outcome: command.ending.outcome) == report)
    }

    @Test(
        "report has an option for each property of a report except the attempt, which the operation sets, and the question, which ask sets"
    )
    func everyProperty() throws {
        func said(_ report: ProgressReport) -> [String: String] {
            Dictionary(
                uniqueKeysWithValues: Mirror(reflecting: report).children.map { ($0.label ?? "", "\($0.value)") }
            )
        }
        let nothing = said(ProgressReport())
        for property in nothing.keys where !["attempt", "outcome", "waitingFor"].contains(property) {
            let name =
                property == "labels"
                ? "label" : property.replacing(/Count|Completed|^is|unitsOf/, with: "").lowercased()
            // One of these values has the type of the option.
            let reports = [["3"], ["0.5"], ["a=b"], []].compactMap { value in
                try? ReportOptions.parse(["--\(name)"] + value).report(outcome: nil)
            }
            let changed = try said(#require(reports.first, "there is no option --\(name) for \(property)"))
            #expect(changed[property] != nothing[property], "--\(name) does not set \(property)")
        }
    }

    @Test(
        "each kind of end has its option",
        arguments: [
            (["--succeed"], .succeeded()), (["--cancelled"], .cancelled),
            (["--fail", "Disk full"], .failed(ProgressProblem(title: "Disk full"))),
            (["--fail", "Disk full", "--detail", "x"], .failed(ProgressProblem(title: "Disk full", detail: "x"))),
        ] as [([String], ProgressOutcome)]
    )
    func ends(arguments: [String], outcome: ProgressOutcome) throws {
        #expect(try ReportCommand.parse(["import-7"] + arguments).ending.outcome == outcome)
    }

    @Test("the total can be unknown")
    func unknownTotal() throws {
        let command = try ReportCommand.parse(["import-7", "--total", "unknown"])
        #expect(command.content.report(outcome: nil).totalCount == .unknown)
        #expect(try ReportCommand.parse(["import-7", "--unit", "x"]).content.report(outcome: nil).totalCount == nil)
    }

    @Test(
        "invalid arguments are a usage error",
        arguments: [
            ["report"], ["report", "import-7"], ["report", "import-7", "--completed", "-1"],
            ["report", "import-7", "--advance=-1"], ["report", "import-7", "--details", "{"],
            ["report", "import-7", "--total", "many"], ["report", "import-7", "--succeed", "--cancelled"],
            ["report", "import-7", "--result", "1"], ["report", "import-7", "--detail", "x"],
            ["report", "import-7", "--label", "=x"], ["list", "--status", "done"], ["list", "--limit", "0"],
            ["list", "--parent", "a b"], ["watch"], ["watch", "x", "--timeout", "soon"],
            ["watch", "x", "--from", "nowhere"], ["get"], ["cancel"], ["nonsense"],
        ]
    )
    func usage(arguments: [String]) {
        do {
            _ = try LiveProgressCommand.parseAsRoot(arguments)
            Issue.record("\(arguments) were accepted")
        } catch {
            #expect(LiveProgressCommand.exitCode(for: error).rawValue == ExitStatus.usage)
        }
    }

    @Test(
        "durations have units",
        arguments: [
            ("90", .seconds(90)), ("1.5s", .milliseconds(1500)), ("250ms", .milliseconds(250)), ("10m", .seconds(600)),
            ("2h", .seconds(7200)), ("1d", .seconds(86400)), ("0", .zero), ("", nil), ("s", nil), ("-1", nil),
            ("1e9h", nil), ("inf", nil), ("nan", nil), ("0x10", nil), ("99999999999d", nil), ("1 s", nil),
        ] as [(String, Duration?)]
    )
    func durations(text: String, duration: Duration?) {
        #expect(DurationArgument(argument: text)?.duration == duration)
    }

    @Test("the server comes from the option, then the environment, then the default")
    func server() {
        let variable = [ServerOptions.variable: "http://env:1"]
        #expect(ServerOptions.url(option: "http://option:1", environment: variable) == "http://option:1")
        #expect(ServerOptions.url(option: nil, environment: variable) == "http://env:1")
        #expect(ServerOptions.url(option: nil, environment: [ServerOptions.variable: ""]) == "http://127.0.0.1:8080")
    }

    @Test(
        "each error has the exit status that the help lists",
        arguments: [
            (.unknown, 4), (.gone, 4), (.unreachable, 69), (.disconnected, 69), (.unavailable, 69),
            (.invalidURL, 64), (.unsupportedScheme, 64), (.invalidReport, 65), (.invalidAnswer, 76),
            (.forbidden, 77), (.cancelled, 130), (.ended, 1), (.notCancellable, 1), (.refused, 1),
        ] as [(ProgressClientError.Code, Int32)]
    )
    func statuses(code: ProgressClientError.Code, status: Int32) {
        #expect(ExitStatus.of(ProgressClientError(code, "no")) == status)
    }
}
