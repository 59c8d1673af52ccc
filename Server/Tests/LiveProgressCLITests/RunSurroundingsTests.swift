// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressCLI

@Suite("What run tells the system around it")
struct RunSurroundingsTests {
    private static func environment(_ entries: String...) -> ProcessEnvironment {
        ProcessEnvironment(entries: entries.map { Array($0.utf8) })
    }

    @Test("A message is one status line, and extends the limit of the service manager")
    func message() {
        let message = ServiceStatus.message(step: "Copying\nREADY=1", percent: 45.6)
        #expect(message == "STATUS=45 %  Copying READY=1\nEXTEND_TIMEOUT_USEC=60000000")
        #expect(ServiceStatus.message(step: "Copying", percent: nil).hasPrefix("STATUS=Copying\n"))
    }

    @Test("The notice and the table of a workflow contain no characters with a meaning there")
    func workflow() {
        let environment = Self.environment("GITHUB_STEP_SUMMARY=/tmp/x")
        let summary = RunSummary(title: "a: b, 5 %|[x]", link: "http://127.0.0.1:1/p", environment: environment)
        #expect(summary.notice == "::notice title=Live progress%3A a%3A b%2C 5 %25|[x]::http://127.0.0.1:1/p")
        let table = summary.table(.exited(3), isCancelled: false, duration: .seconds(65))
        #expect(table.contains("| [a: b, 5 %\\|\\[x\\]](http://127.0.0.1:1/p) | failed, exit code 3 | "))
        for (end, text) in [
            (CommandEnd.exited(0), "succeeded"), (.killed(signal: 9), "ended by signal 9"),
            (.notStarted(errno: 2), "not started"),
        ] {
            #expect(summary.table(end, isCancelled: false, duration: .zero).contains("| \(text) |"))
        }
        for end in [CommandEnd.exited(143), .exited(0)] {
            #expect(summary.table(end, isCancelled: true, duration: .zero).contains("| cancelled |"))
        }
        let crafted = RunSummary(title: "a\r\n##[error]b|\u{301}c", link: "http://x", environment: environment)
        #expect(crafted.notice?.unicodeScalars.contains { $0 == "\r" || $0 == "\n" } == false)
        #expect(crafted.table(.exited(0), isCancelled: false, duration: .zero).contains("b\\|\u{301}c"))
        #expect(RunSummary(title: "x", link: nil, environment: Self.environment()).notice == nil)
    }
}
