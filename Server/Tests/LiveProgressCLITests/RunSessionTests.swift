// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Synchronization
import Testing

@testable import LiveProgress
@testable import LiveProgressCLI

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs real commands from this process, with their output in files.
///
/// The tests run one after the other, because each run changes which descriptors of this process a command inherits.
@Suite(.serialized) struct RunSessionTests {
    struct Ran: Sendable {
        var end: CommandEnd
        var output: [UInt8]
        var error: [UInt8]
        var snapshot: ProgressSnapshot
        var warnings: [String]
    }

    // Runs a command and returns its results. `meanwhile` runs concurrently, and can send signals to the session.
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
            tracker: tracker,
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

    @Test("The end of the command is the end of the operation", arguments: ends)
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

    @Test("A command that cannot start gives exit code 127 or 126, and a failed operation", arguments: missing)
    func failsToStart(command: String, code: Int32) async throws {
        let ran = try await Self.run([command])
        #expect(ran.end.exitCode == code)
        #expect(ran.snapshot.status == .failed)
        #expect(ran.snapshot.error?.extensions["exitCode"] == .integer(Int64(code)))
        #expect(ran.warnings.count == 1)
    }

    @Test("Standard output and standard error are copied byte for byte")
    func copiesBytes() async throws {
        let script = #"printf 'a\r5%%\r\n\000\377\033[1mx'; printf 'e\rr\n' >&2; head -c 300000 /dev/zero"#
        let ran = try await Self.run(["sh", "-c", script])
        #expect(
            ran.output == Array("a\r5%\r\n\0".utf8) + [0xFF] + Array("\u{1B}[1mx".utf8)
                + Array(repeating: 0, count: 300_000)
        )
        #expect(ran.error == Array("e\rr\n".utf8))
    }

    @Test("The problem of a failure contains the last lines of standard error")
    func tellsLastLines() async throws {
        let ran = try await Self.run(["sh", "-c", "echo fine; echo 'no \u{1B}[31mspace' >&2; exit 2"])
        #expect(ran.snapshot.error?.extensions["lastLines"] == ["no space"])
        #expect(ran.snapshot.error?.detail == "sh exited with code 2.")
        #expect(ran.snapshot.state == "Failed")
    }

    @Test("The result of a success contains the exit code and the duration")
    func tellsResult() async throws {
        let ran = try await Self.run(["true"])
        #expect(ran.snapshot.result?["exitCode"]?.intValue == 0)
        #expect((ran.snapshot.result?["seconds"]?.doubleValue).map { $0 >= 0 } == true)
    }

    @Test("A script without an interpreter line is run by sh, as shells do")
    func runsPlainScripts() async throws {
        let file = FileManager.default.temporaryDirectory.path + "/run-\(UUID().uuidString)"
        // Another process writes the file, because a file that this process has open for writing cannot be executed.
        _ = try await Self.run(["sh", "-c", "echo 'exit $1' > \"$0\"; chmod 700 \"$0\"", file])
        defer { try? FileManager.default.removeItem(atPath: file) }
        #expect(try await Self.run([file, "9"]).end == .exited(9))
    }

    @Test("A signal to the tool is forwarded to the command")
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

    @Test("A watcher's cancel request ends all processes of the command, and the operation is cancelled")
    func cancels() async throws {
        let ran = try await Self.run(["sh", "-c", "sleep 1000 & echo ready; wait; sleep 1000"]) { tracker, service, _ in
            try await Self.waitForState("ready", tracker, service)
            _ = try service.getJournal(tracker.id).requestCancel()
        }
        #expect(ran.end == .killed(signal: SIGTERM))
        #expect(ran.snapshot.status == .cancelled)
    }

    @Test("A command that ignores a cancel request is killed")
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
        "A command inherits the signals and descriptors of the tool's parent, and no descriptor of the tool",
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

    /// Waits until the operation has the given state.
    static func waitForState(_ state: String, _ tracker: ProgressTracker, _ service: ProgressService) async throws {
        for try await snapshot in try service.stream(tracker.id) where snapshot.state == state { return }
    }
}

/// Passes signals to the running session, and stores signals that arrive before the session runs.
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

/// A list of values, appended from any thread.
final class Collected<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])

    func append(_ value: Value) { values.withLock { $0.append(value) } }
    var all: [Value] { values.withLock { $0 } }
}

/// Whether the system has `/proc`.
private let isLinux = FileManager.default.fileExists(atPath: "/proc/self/status")
