// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import LiveProgress
@_spi(Server) import LiveProgressClient
import Testing

@testable import LiveProgressCLI

/// Runs the tool as a separate process, and watches its operation with a client.
@Suite struct RunCommandTests {
    @Test("The tool has the output and exit code of the command, and writes the link to standard error only")
    func passesThrough() async throws {
        let ran = try await RunProgram.run(["run", "--", "sh", "-c", "printf 'out\\r'; printf err >&2; exit 7"])
        #expect(ran.exitCode == 7)
        #expect(ran.output == "out\r")
        #expect(ran.error.hasPrefix("live-progress: http://127.0.0.1:"))
        #expect(ran.error.hasSuffix("\nerr"))
    }

    static let codes: [([String], Int32)] = [
        (["true"], 0), (["no-such-command-here"], 127), (["/etc"], 126), (["sh", "-c", "kill -KILL $$"], 137),
        (["sh", "-c", "kill -TERM $$"], 143),
    ]

    @Test("Exit codes are those of a shell", arguments: codes)
    func exitCodes(command: [String], code: Int32) async throws {
        #expect(try await RunProgram.run(["run", "--quiet", "--"] + command).exitCode == code)
    }

    static let mistakes = [["run"], ["run", "--"], ["run", "--bogus", "x"], ["run", "--id", "a b", "--", "true"]]

    @Test("An invalid option starts no command and gives exit code 64", arguments: mistakes)
    func refusesMistakes(arguments: [String]) async throws {
        let ran = try await RunProgram.run(arguments)
        #expect(ran.exitCode == 64)
        #expect(ran.output.isEmpty && ran.error.hasPrefix("Error:"))
    }

    @Test("A quiet run writes nothing of its own, and passes options to the command unchanged")
    func quiet() async throws {
        let ran = try await RunProgram.run(["run", "--quiet", "printf", "%s ", "--help", "--", "-x"])
        #expect(ran.output == "--help -- -x ")
        #expect(ran.error.isEmpty)
    }

    @Test("A command runs after a warning if the server is unreachable")
    func unreachable() async throws {
        let ran = try await RunProgram.run([
            "run", "--server", "http://127.0.0.1:1", "--", "sh", "-c", "echo hi; exit 3",
        ])
        #expect(ran.exitCode == 3)
        #expect(ran.output == "hi\n")
        #expect(ran.error.hasPrefix("live-progress: http://127.0.0.1:1 does not respond"))
        #expect(ran.error.hasSuffix("live-progress: the end could not be published\n"))
    }

    @Test("A watcher receives the exit code of a failure, and the signal that ended the command", arguments: [7, 137])
    func showsFailure(code: Int32) async throws {
        let script = code == 7 ? "read x < \"$0\"; echo oh no >&2; exit 7" : "read x < \"$0\"; kill -KILL $$"
        let gate = try Gate()
        defer { gate.remove() }
        let program = try RunProgram(["run", "--title", "T", "--", "sh", "-c", script, gate.path])
        let url = try #require(await program.link())
        var last: ProgressSnapshot?
        for try await event in try ProgressClient.events(ofURL: url) {
            // The command continues after the first event.
            if last == nil { gate.open() }
            last = event.snapshot
        }
        #expect(last?.title == "T")
        #expect(last?.status == .failed)
        #expect(last?.error?.type == "urn:live-progress:problem:command-failed")
        #expect(last?.error?.extensions["exitCode"] == .integer(Int64(code)))
        #expect(last?.error?.extensions["signal"] == (code == 137 ? 9 : nil))
        #expect(await program.result().exitCode == code)
    }

    @Test("A watcher's cancel request ends the command, and the operation is cancelled")
    func cancels() async throws {
        let program = try RunProgram(["run", "--", "sh", "-c", "sleep 1000 & wait"])
        let target = try ProgressTarget(url: try #require(await program.link()))
        let client = ProgressClient(server: target.server)
        var last: ProgressSnapshot?
        for try await event in client.events(of: target.id) {
            if last == nil { _ = try await client.cancel(target.id) }
            last = event.snapshot
        }
        #expect(last?.status == .cancelled)
        #expect(await program.result().exitCode == 143)
    }

    @Test("Signals are forwarded to the command")
    func passesSignalsOn() async throws {
        let script = "trap 'echo asked; exit 5' TERM; echo ready; while :; do sleep 0.05; done"
        let program = try RunProgram(["run", "--", "sh", "-c", script])
        let url = try #require(await program.link())
        for try await event in try ProgressClient.events(ofURL: url) where event.snapshot.state == "ready" { break }
        kill(program.processIdentifier, SIGTERM)
        let ran = await program.result()
        #expect(ran.exitCode == 5)
        #expect(ran.output == "ready\nasked\n")
    }

    @Test("With --keep, a late watcher receives the end, and a signal ends the tool")
    func keeps() async throws {
        let program = try RunProgram(["run", "--keep", "600", "--", "sh", "-c", "exit 4"])
        let url = try #require(await program.link())
        var last: ProgressSnapshot?
        for try await event in try ProgressClient.events(ofURL: url) { last = event.snapshot }
        #expect(last?.status == .failed)
        let target = try ProgressTarget(url: url)
        #expect(try await ProgressClient(server: target.server).get(target.id).status == .failed)
        kill(program.processIdentifier, SIGTERM)
        #expect(await program.result().exitCode == 4)
    }

    @Test("The command gets the identifier and URL of its operation, and can report to the URL")
    func tellsTheCommand() async throws {
        let script = #"curl -fsS -o /dev/null -X PATCH -d title="$LIVE_PROGRESS_ID" "$LIVE_PROGRESS_URL""#
        let program = try RunProgram(["run", "--id", "my-run", "--keep", "600", "--", "sh", "-c", script])
        let url = try #require(await program.link())
        #expect(url.hasSuffix("/api/v1/progress/my-run"))
        var last: ProgressSnapshot?
        for try await event in try ProgressClient.events(ofURL: url) { last = event.snapshot }
        #expect(last?.title == "my-run" && last?.status == .succeeded)
        kill(program.processIdentifier, SIGTERM)
        #expect(await program.result().exitCode == 0)
    }

    @Test("A download by curl gives a rising fraction and a success, on its own server and on another server")
    func followsCurl() async throws {
        let files = try PartedFileServer()
        defer { files.stop() }
        let host = try await RunHost.start(port: 0)
        let id = ProgressID("download")
        for arguments in [[], ["--server", host.url, "--id", "download"]] {
            let program = try RunProgram(["run"] + arguments + ["--", "curl", "-o", "/dev/null", files.url])
            let url = try #require(await program.link())
            var fractions: [Double] = []
            var last: ProgressSnapshot?
            for try await event in try ProgressClient.events(ofURL: url) {
                last = event.snapshot
                guard let fraction = event.snapshot.fractionCompleted else { continue }
                if fraction < 1, fraction != fractions.last { files.sendMore() }
                fractions.append(fraction)
            }
            #expect(Set(fractions).count >= 3, "\(fractions)")
            #expect(fractions == fractions.sorted())
            #expect(fractions.last == 1)
            #expect(last?.status == .succeeded)
            #expect(last?.counts?.unit == "bytes")
            #expect(last?.result?["exitCode"]?.intValue == 0)
            let ran = await program.result()
            #expect(ran.exitCode == 0)
            #expect(ran.error.contains("% Total    % Received"))
        }
        await host.stop(after: id)
    }
}

/// A named pipe that blocks its reader until ``open()`` is called.
private struct Gate {
    let path = FileManager.default.temporaryDirectory.path + "/gate-\(UUID().uuidString)"

    init() throws {
        guard mkfifo(path, 0o600) == 0 else { throw SystemError(errno: errno) }
    }

    func open() {
        let descriptor = Foundation.open(path, O_WRONLY)
        _ = write(descriptor, "go\n", 3)
        close(descriptor)
    }

    func remove() {
        unlink(path)
    }
}

/// A server in Python that sends a large file in four parts; it sends the second and later parts on request.
private final class PartedFileServer {
    let url: String
    private let process = Process()
    private let input = Pipe()

    private static let script = """
        import http.server, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(40 * 1048576))
                self.end_headers()
                self.wfile.write(bytes(10 * 1048576))
                for _ in range(3):
                    sys.stdin.readline()
                    self.wfile.write(bytes(10 * 1048576))
            def log_message(self, *arguments):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_port, flush=True)
        server.serve_forever()
        """

    init() throws {
        let pipe = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.script]
        process.standardOutput = pipe
        process.standardInput = input
        try process.run()
        let port = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self).filter(\.isNumber)
        url = "http://127.0.0.1:\(port)/"
    }

    func sendMore() {
        input.fileHandleForWriting.write(Data("\n".utf8))
    }

    func stop() {
        kill(process.processIdentifier, SIGKILL)
    }
}
