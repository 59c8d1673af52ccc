// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressCLI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

@Suite struct RunMachineTests {
    typealias Event = RunMachine.Event
    typealias Action = RunMachine.Action

    static let stories: [(name: String, steps: [(Event, [Action])])] = [
        (
            "the command ends before its output does",
            [
                (.childEnded(.exited(7)), [.start(.linger)]),
                (.outputEnded, [.reportEnd(.exited(7), isCancelled: false)]),
                (.timerFired(.linger), []),
                (.signal(SIGUSR1), []),
                (.endReported, [.exit(.exited(7))]),
            ]
        ),
        (
            "the command closes its output before it ends",
            [
                (.outputEnded, []),
                (.childEnded(.exited(0)), [.reportEnd(.exited(0), isCancelled: false)]),
                (.endReported, [.exit(.exited(0))]),
            ]
        ),
        (
            "a signal ends the wait for the server",
            [
                (.outputEnded, []),
                (.childEnded(.exited(4)), [.reportEnd(.exited(4), isCancelled: false)]),
                (.signal(SIGINT), [.exit(.exited(4))]),
                (.endReported, []),
            ]
        ),
        (
            "a background process keeps the output open",
            [
                (.childEnded(.exited(0)), [.start(.linger)]),
                (.timerFired(.linger), [.reportEnd(.exited(0), isCancelled: false)]),
                (.signal(SIGINT), [.signalGroup(SIGINT), .stopCopying]),
                (.outputEnded, []),
                (.endReported, [.exit(.exited(0))]),
            ]
        ),
        (
            "a background process keeps the output open for longer than the server needs",
            [
                (.childEnded(.exited(0)), [.start(.linger)]),
                (.timerFired(.linger), [.reportEnd(.exited(0), isCancelled: false)]),
                (.endReported, []),
                (.outputEnded, [.exit(.exited(0))]),
            ]
        ),
        (
            "the command ends after a cancel request",
            [
                (.cancelRequested, [.signalGroup(SIGTERM), .signalGroup(SIGCONT), .start(.patience)]),
                (.cancelRequested, []),
                (.childEnded(.killed(signal: SIGTERM)), [.start(.linger)]),
                (
                    .outputEnded,
                    [.reportEnd(.killed(signal: SIGTERM), isCancelled: true)]
                ),
                (.timerFired(.patience), []),
                (.endReported, [.exit(.killed(signal: SIGTERM))]),
                (.cancelRequested, []),
            ]
        ),
        (
            "the command ignores a cancel request",
            [
                (.cancelRequested, [.signalGroup(SIGTERM), .signalGroup(SIGCONT), .start(.patience)]),
                (.timerFired(.patience), [.signalGroup(SIGKILL)]),
            ]
        ),
        (
            "a background process ignores a cancel request",
            [
                (.cancelRequested, [.signalGroup(SIGTERM), .signalGroup(SIGCONT), .start(.patience)]),
                (.childEnded(.exited(0)), [.start(.linger)]),
                (.timerFired(.patience), [.signalGroup(SIGKILL), .stopCopying]),
            ]
        ),
        (
            "signals are forwarded to the command",
            [
                (.signal(SIGINT), [.signalGroup(SIGINT)]),
                (.signal(SIGTSTP), [.signalGroup(SIGTSTP)]),
                (.childStopped(signal: SIGTSTP), [.stopSelf]),
                (.signal(SIGCONT), [.resume]),
                (.childStopped(signal: SIGTTIN), [.lendTerminal]),
                (.childStopped(signal: SIGSTOP), []),
            ]
        ),
        (
            "SIGTSTP for a command that is stopped already, three times",
            [
                (.childStopped(signal: SIGTSTP), [.stopSelf]),
                (.signal(SIGTSTP), [.signalGroup(SIGTSTP), .stopSelf]),
                (.signal(SIGTSTP), [.signalGroup(SIGTSTP), .stopSelf]),
                (.signal(SIGCONT), [.resume]),
                (.signal(SIGTSTP), [.signalGroup(SIGTSTP)]),
                (.childStopped(signal: SIGTTIN), [.lendTerminal]),
                (.signal(SIGTSTP), [.signalGroup(SIGTSTP), .stopSelf]),
            ]
        ),
    ]

    @Test("Each event returns the expected actions", arguments: stories)
    func tells(name: String, steps: [(Event, [Action])]) {
        var machine = RunMachine()
        for (event, actions) in steps {
            #expect(machine.handle(event) == actions, "\(name): \(event)")
        }
    }

    @Test("With --keep, the tool stays for late watchers until the time is over or a signal arrives")
    func stays() {
        for last in [Event.timerFired(.keep), .signal(SIGINT)] {
            var machine = RunMachine(keeps: true)
            #expect(machine.handle(.outputEnded) == [])
            #expect(
                machine.handle(.childEnded(.exited(3))) == [.reportEnd(.exited(3), isCancelled: false)]
            )
            #expect(machine.handle(.endReported) == [.start(.keep)])
            #expect(machine.handle(.signal(SIGUSR1)) == [])
            #expect(machine.handle(last) == [.exit(.exited(3))])
        }
    }

    static let ends: [(CommandEnd, Int32, ProgressStatus)] = [
        (.exited(0), 0, .succeeded), (.exited(7), 7, .failed), (.killed(signal: SIGKILL), 137, .failed),
        (.notStarted(errno: ENOENT), 127, .failed), (.notStarted(errno: EACCES), 126, .failed),
    ]

    @Test("Each end has the exit code of a shell, and a status", arguments: ends)
    func endsHaveCodes(end: CommandEnd, code: Int32, status: ProgressStatus) {
        #expect(end.exitCode == code)
        let outcome = end.outcome(name: "x", duration: .seconds(1), isCancelled: false, lastLines: ["no"])
        #expect(outcome.status == status)
        guard case .failed(let problem) = outcome else { return }
        #expect(problem.type == "urn:live-progress:problem:command-failed")
        #expect(problem.extensions["exitCode"] == .integer(Int64(code)))
        #expect(problem.extensions["lastLines"] == ["no"])
    }

    @Test("The problem names the signal, the result of a success has the duration, and a cancel gives cancelled")
    func outcomesTell() {
        let killed = CommandEnd.killed(signal: SIGSEGV)
        guard case .failed(let problem) = killed.outcome(name: "x", duration: .zero, isCancelled: false, lastLines: [])
        else {
            Issue.record("The outcome of a command that a signal ended must be failed.")
            return
        }
        #expect(problem.extensions["signal"] == 11)
        #expect(problem.detail == "x was ended by signal 11 (SIGSEGV).")
        #expect(problem.extensions["lastLines"] == nil)
        #expect(killed.outcome(name: "x", duration: .zero, isCancelled: true, lastLines: []) == .cancelled)
        let fine = CommandEnd.exited(0).outcome(
            name: "x",
            duration: .milliseconds(1500),
            isCancelled: false,
            lastLines: []
        )
        #expect(fine == .succeeded(result: ["exitCode": 0, "seconds": 1.5]))
    }

    @Test("The last ten lines are kept; a redrawn line counts once, with its last text")
    func keepsTail() {
        var tail = OutputTail()
        for number in 0..<20 { tail.append(OutputLine(text: "\(number)", isRedrawn: number >= 15)) }
        #expect(tail.lines == ["6", "7", "8", "9", "10", "11", "12", "13", "14", "19"])
    }

    static let titles: [([String], String)] = [
        (["/usr/bin/make", "-j8"], "make"), (["pip", "install", "numpy"], "pip install numpy"),
        (["git", "clone", "https://user:secret@host/x"], "git clone"), (["env", "TOKEN=1", "x"], "env"),
        (["sh", "-c", "exit 1"], "sh"), (["cp", "a.txt", "/tmp/b.txt"], "cp a.txt /tmp/b.txt"),
    ]

    @Test("Invariant 12: a title has plain words only: no option, URL or assignment", arguments: titles)
    func titlesTellNoSecrets(words: [String], title: String) throws {
        #expect(try #require(CommandArguments(parsed: words, raw: [])).title == title)
    }

    @Test("Arguments keep their bytes, also invalid UTF-8")
    func argumentsKeepBytes() throws {
        let raw: [[UInt8]] = [Array("live-progress".utf8), Array("cat".utf8), [0x61, 0xFF]]
        let arguments = try #require(CommandArguments(parsed: ["cat", "a\u{FFFD}"], raw: raw))
        #expect(arguments.words == [Array("cat".utf8), [0x61, 0xFF]])
    }
}
