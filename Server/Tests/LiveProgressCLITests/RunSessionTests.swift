// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
import Synchronization
import Testing

@testable import LiveProgressCLI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs real commands in this process; what they write goes to files.
///
/// One after the other: which descriptors a command inherits is a matter of the process, and each run decides it anew.
@Suite(.serialized) struct RunSessionTests {
    struct Ran: Sendable {
        var end: CommandEnd
        var output: [UInt8]
        var error: [UInt8]
        var snapshot: ProgressSnapshot
        var warnings: [String]
    }

    // Runs a command, and gives what came of it; `meanwhile` runs beside it, and can send us signals.
    static func run(
        _ words: [String],
        patience: Duration = .seconds(60),
        descriptors: InheritedDescriptors = InheritedDescriptors(),
        meanwhile:
            @escaping @Sendable (ProgressTracker, ProgressService, _ signal: @Sendable (Int32) -> Void) async throws ->
            Void = {
                _,
                _,
                _ in
            }
    ) async throws -> Ran {
        let service = ProgressService()
        let tracker = try service.createProgress(options: ProgressOptions(isCancellable: true))
        let folder = FileManager.default.temporaryDirectory.path + "/run-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let output = open(folder + "/output", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        let error = open(folder + "/error", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        defer {
            close(output)
            close(error)
        }
        var configuration = RunSession.Configuration()
        configuration.outputTarget = output
        configuration.errorTarget = error
        configuration.patience = patience
        configuration.descriptors = descriptors
        configuration.defaultSignals = [SIGPIPE]
        let warnings = Collected<String>()
        let signals = SignalBox()
        let session = RunSession(
            arguments: try #require(CommandArguments(parsed: words, raw: [])),
            environment: .ofProcess,
            publisher: LocalPublisher(tracker: tracker),
            configuration: configuration,
            terminal: nil,
            deliverSignals: { signals.attach($0) },
            warn: { warnings.append($0) }
        )
        async let beside: Void = meanwhile(tracker, service) { signals.send($0) }
        let end = await session.run()
        try await beside
        return Ran(
            end: end,
            output: Array(try Data(contentsOf: URL(filePath: folder + "/output"))),
            error: Array(try Data(contentsOf: URL(filePath: folder + "/error"))),
            snapshot: try #require(tracker.snapshot()),
            warnings: warnings.all
        )
    }

    static let ends: [(String, CommandEnd, ProgressStatus)] = [
        ("exit 0", .exited(0), .succeeded),
        ("exit 7", .exited(7), .failed),
        ("kill -KILL $$", .killed(signal: SIGKILL), .failed),
        ("kill -SEGV $$", .killed(signal: SIGSEGV), .failed),
        ("exec >&- 2>&-; exit 3", .exited(3), .failed),
    ]

    @Test("A command's end is the operation's end", arguments: ends)
    func endsAsTheCommand(script: String, end: CommandEnd, status: ProgressStatus) async throws {
        let ran = try await Self.run(["sh", "-c", script])
        #expect(ran.end == end)
        #expect(ran.snapshot.status == status)
        #expect(ran.warnings.isEmpty)
        guard status == .failed else { return }
        #expect(ran.snapshot.error?.extensions["exitCode"] == .integer(Int64(end.exitCode)))
    }

    static let missing: [(String, Int32)] = [
        ("no-such-command-here", 127), ("/no/such/file", 127), ("/etc/passwd", 126), ("/etc", 126), ("", 127),
    ]

    @Test("A command that cannot be started gives 127 or 126, and a failed operation", arguments: missing)
    func failsToStart(command: String, code: Int32) async throws {
        let ran = try await Self.run([command])
        #expect(ran.end.exitCode == code)
        #expect(ran.snapshot.status == .failed)
        #expect(ran.snapshot.error?.extensions["exitCode"] == .integer(Int64(code)))
        #expect(ran.warnings.count == 1)
    }

    @Test("Output is copied byte for byte, each to its own place")
    func copiesBytes() async throws {
        let script = #"printf 'a\r5%%\r\n\000\377\033[1mx'; printf 'e\rr\n' >&2; head -c 300000 /dev/zero"#
        let ran = try await Self.run(["sh", "-c", script])
        #expect(
            ran.output == Array("a\r5%\r\n\0".utf8) + [0xFF] + Array("\u{1B}[1mx".utf8)
                + Array(repeating: 0, count: 300_000)
        )
        #expect(ran.error == Array("e\rr\n".utf8))
    }

    @Test("Why a command failed stands in its problem: the last lines of its standard error")
    func tellsLastLines() async throws {
        let ran = try await Self.run(["sh", "-c", "echo fine; echo 'no \u{1B}[31mspace' >&2; exit 2"])
        #expect(ran.snapshot.error?.extensions["lastLines"] == ["no space"])
        #expect(ran.snapshot.error?.detail == "sh left with exit code 2.")
        #expect(ran.snapshot.state == "Failed")
    }

    @Test("The result of a success has the exit code and the time")
    func tellsResult() async throws {
        let ran = try await Self.run(["true"])
        #expect(ran.snapshot.result?["exitCode"]?.intValue == 0)
        #expect((ran.snapshot.result?["seconds"]?.doubleValue).map { $0 >= 0 } == true)
    }

    @Test("A script that names no interpreter is run by sh, as shells do")
    func runsPlainScripts() async throws {
        let file = FileManager.default.temporaryDirectory.path + "/run-\(UUID().uuidString)"
        // Written by another process: one that this process has open for writing could not be started.
        _ = try await Self.run(["sh", "-c", "echo 'exit $1' > \"$0\"; chmod 700 \"$0\"", file])
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(try await Self.run([file, "9"]).end == .exited(9))
    }

    @Test("A signal that we get goes on to the command")
    func passesSignalsOn() async throws {
        let ran = try await Self.run(["sh", "-c", "trap 'exit 5' USR1; echo ready; while :; do sleep 0.05; done"]) {
            tracker,
            service,
            signal in
            try await Self.waitForState("ready", tracker, service)
            signal(SIGUSR1)
        }
        #expect(ran.end == .exited(5))
    }

    @Test("A watcher's request to stop ends all that the command started, and the operation as cancelled")
    func cancels() async throws {
        let ran = try await Self.run(["sh", "-c", "sleep 1000 & echo ready; wait; sleep 1000"]) { tracker, service, _ in
            try await Self.waitForState("ready", tracker, service)
            _ = try service.getJournal(tracker.id).requestCancel()
        }
        #expect(ran.end == .killed(signal: SIGTERM))
        #expect(ran.snapshot.status == .cancelled)
    }

    @Test("A command that does not obey a request to stop is made to")
    func cancelsTheStubborn() async throws {
        let script = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
        let ran = try await Self.run(["sh", "-c", script], patience: .milliseconds(50)) { tracker, service, _ in
            try await Self.waitForState("ready", tracker, service)
            _ = try service.getJournal(tracker.id).requestCancel()
        }
        #expect(ran.end == .killed(signal: SIGKILL))
        #expect(ran.snapshot.status == .cancelled)
    }

    @Test(
        "A command has the signals and descriptors that it would have without us, and none of ours",
        .enabled(if: isLinux)
    )
    func leavesSurroundingsAlone() async throws {
        let inherited = fcntl(STDIN_FILENO, F_DUPFD, 700)
        let descriptors = InheritedDescriptors()
        let own = fcntl(STDIN_FILENO, F_DUPFD, 800)
        defer {
            close(inherited)
            close(own)
        }
        let script = "grep -E 'SigBlk' /proc/self/status; ls /proc/self/fd; kill -PIPE $$"
        let ran = try await Self.run(["sh", "-c", script], descriptors: descriptors)
        let lines = String(decoding: ran.output, as: UTF8.self).split(separator: "\n")
        #expect(lines.first == "SigBlk:\t0000000000000000")
        #expect(lines.contains("\(inherited)"))
        #expect(!lines.contains("\(own)"))
        #expect(ran.end == .killed(signal: SIGPIPE))
    }

    /// Waits until the command has said something.
    static func waitForState(_ state: String, _ tracker: ProgressTracker, _ service: ProgressService) async throws {
        for try await snapshot in try service.stream(tracker.id) where snapshot.state == state { return }
    }
}

/// Hands signals to the session that runs, and keeps those that come before it does.
final class SignalBox: Sendable {
    private let state = Mutex<(receive: (@Sendable (Int32) -> Void)?, early: [Int32])>((nil, []))

    func attach(_ receive: @escaping @Sendable (Int32) -> Void) {
        let early = state.withLock { state in
            state.receive = receive
            return state.early
        }
        for signal in early { receive(signal) }
    }

    func send(_ signal: Int32) {
        let receive = state.withLock { state in
            if state.receive == nil { state.early.append(signal) }
            return state.receive
        }
        receive?(signal)
    }
}

/// Values that came from any thread.
final class Collected<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    func append(_ value: Value) { values.withLock { $0.append(value) } }
    var all: [Value] { values.withLock { $0 } }
}

/// Whether the system tells of processes in files.
private let isLinux = FileManager.default.fileExists(atPath: "/proc/self/status")
