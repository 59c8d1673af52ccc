// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress
@_spi(Server) import LiveProgressClient

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `live-progress run`: runs a command and publishes its progress.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command and show its progress live.",
        usage: "live-progress run [<options>] -- <command> [<argument> ...]",
        discussion: """
            Input, output and signals pass through unchanged, and the exit code is the command's exit code: 127 if \
            the command does not exist, 126 if it is not executable, 128 plus the signal number if a signal ended it.

            LIVE_PROGRESS_URL and LIVE_PROGRESS_ID give the operation to the command. If the server requires tokens, \
            the link contains a token that permits watching.
            """
    )

    @Option(help: "The operation's title; by default the command's name and the plain words after the name.")
    var title: String?

    @Option(name: .customLong("id"), help: "The operation's identifier; by default a random one.")
    var identifier: String?

    @Option(help: ArgumentHelp("A label of the operation; may be repeated.", valueName: "name=value"))
    var label: [LabelArgument] = []

    @Option(
        help:
            "The server to publish to, such as http://127.0.0.1:8080; by default LIVE_PROGRESS_SERVER, else a local one."
    )
    var server: String?

    @OptionGroup var security: SecurityOptions

    @OptionGroup var credentials: TokenOption

    @Option(help: "The port of the local server; by default a free port.")
    var port: Int = 0

    @Option(
        parsing: .unconditional,
        help: "The seconds for which the local server stays after the end, for late watchers."
    )
    var keep: Double = 0

    @Option(
        help: ArgumentHelp(
            "Read progress by a regular expression with the groups percent, completed, total, unit or step; may be repeated.",
            valueName: "regex"
        )
    )
    var parse: [String] = []

    @Flag(
        help:
            "In GitHub Actions: show the link, with its token to watch, as a notice, and the outcome in the summary of the step."
    )
    var ci = false

    @Flag(help: "Show the last lines of the output to everybody who may watch; output may hold secrets.")
    var log = false

    @Flag(help: "Print neither the link nor warnings.")
    var quiet = false

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    /// The words after `--`, or after the options if `--` is omitted.
    private var words: [String] {
        command.first == "--" ? Array(command.dropFirst()) : command
    }

    func validate() throws {
        // The parser passes everything from the first unknown word on to the command, including `--help`.
        if ["-h", "--help"].contains(command.first) { throw CleanExit.helpRequest(self) }
        guard !words.isEmpty else { throw ValidationError("Name the command to run after `--`.") }
        if let first = words.first, command.first != "--", first.hasPrefix("-") {
            throw ValidationError("Unknown option `\(first)`. A command that begins with a dash comes after `--`.")
        }
        guard (0...65_535).contains(port) else { throw ValidationError("The port must be from 0 to 65535.") }
        guard keep >= 0, keep <= 31_536_000 else { throw ValidationError("--keep must be from 0 to 31536000.") }
        do { _ = try server.map { try ProgressServerAddress($0) } } catch {
            throw ValidationError("--server: \(error)")
        }
        do { _ = try patterns } catch { throw ValidationError("\(error)") }
        if let identifier, ProgressID(identifier) == nil {
            throw ValidationError(
                "An identifier is 1 to \(ProgressID.maximumLength) letters, digits and the signs - . _ ~ : @."
            )
        }
    }

    /// The number of lines that `--log` shows.
    private static let logLineCount = 20

    private var patterns: [ParseProfile] { get throws { try parse.map { try ParseProfile($0) } } }

    func run() async throws {
        // This comes first, before this process opens descriptors or ignores signals that the command would inherit.
        let surroundings = RunSurroundings()
        guard let arguments = CommandArguments(parsed: words, raw: CommandArguments.ofProcess) else { return }
        let messages = RunMessages(isQuiet: quiet)
        let stage = await RunStage.make(request(for: arguments), messages: messages)
        var configuration = RunSession.Configuration()
        configuration.descriptors = surroundings.descriptors
        configuration.defaultSignals = surroundings.defaultSignals
        configuration.reporting.logLineCount = log ? Self.logLineCount : 0
        configuration.patterns = try patterns
        configuration.deliveryTime = stage.deliveryTime
        configuration.keep = stage.isHosted ? .seconds(keep) : .zero
        let summary = RunSummary(title: title ?? arguments.title, link: stage.link, environment: .ofProcess)
        if ci, !quiet, let notice = summary.notice { Console.write("\(notice)\n", to: .error) }
        if !ci, let link = stage.link { messages.say(link) }
        let start = ContinuousClock.now
        // Catch signals before the command starts, so that no signal can end this process and leave the command running.
        let signals = try SignalRelay.install(ForwardedSignal.all)
        let relay = try? TerminalRelay(outputTarget: STDOUT_FILENO, errorTarget: STDERR_FILENO)
        let session = RunSession(
            arguments: arguments,
            environment: stage.environment,
            tracker: stage.tracker,
            begin: stage.begin,
            configuration: configuration,
            terminal: relay == nil ? TerminalControl() : nil,
            relay: relay,
            deliverSignals: { SignalRelay.deliver(from: signals, to: $0) },
            warn: { messages.say($0) }
        )
        let end = await session.run()
        if ci {
            let isCancelled = stage.tracker.snapshot()?.outcome == .cancelled
            let table = summary.table(end, isCancelled: isCancelled, duration: ContinuousClock.now - start)
            if !summary.append(table) { messages.say("the summary could not be written") }
        }
        await stage.close()
        throw ExitCode(end.exitCode)
    }

    private func request(for arguments: CommandArguments) -> RunStage.Request {
        let environment = ProcessEnvironment.ofProcess
        let named = environment["LIVE_PROGRESS_SERVER"].map { String(decoding: $0, as: UTF8.self) }
        return RunStage.Request(
            id: identifier.flatMap { ProgressID($0) } ?? ProgressID(),
            title: title ?? arguments.title,
            labels: LabelArgument.dictionary(label),
            server: server ?? (named?.isEmpty == false ? named : nil),
            security: security,
            token: credentials.value,
            port: port,
            environment: environment
        )
    }
}

/// The messages of `run` to its user, on standard error, because standard output belongs to the command.
struct RunMessages: Sendable {
    let isQuiet: Bool

    /// Writes a line with one system call.
    func say(_ message: String) {
        guard !isQuiet else { return }
        let bytes = Array("live-progress: \(message)\n".utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}

/// The inherited descriptors and signal dispositions of this process, which the command inherits too.
struct RunSurroundings: Sendable {
    let descriptors = InheritedDescriptors()
    /// The signals that this process ignores and the command must not ignore.
    let defaultSignals: [Int32]

    /// Records the inherited state, and ignores SIGPIPE, which would end this process while it copies output.
    init() {
        defaultSignals = [SIGPIPE, SIGTTOU].filter { !SignalDisposition.isIgnored($0) }
        _ = signal(SIGPIPE, SIG_IGN)
        // If the parent process ignored SIGCHLD, `waitpid` could not return the status of the command.
        if SignalDisposition.isIgnored(SIGCHLD) { _ = signal(SIGCHLD, SIG_DFL) }
    }

}
