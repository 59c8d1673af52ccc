// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `live-progress run`: starts a command, and shows its progress live.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command and show its progress live.",
        usage: "live-progress run [<options>] -- <command> [<argument> ...]",
        discussion: """
            Input, output and signals pass through untouched, and the exit code is the command's: 127 where there is \
            no such command, 126 where it may not be executed, 128 and its number where a signal ended it.

            The command learns its operation from LIVE_PROGRESS_URL and LIVE_PROGRESS_ID. Where the server asks for \
            tokens, the link holds one that lets its bearer watch.
            """
    )

    @Option(help: "The operation's title; by default the command's name and the plain words after it.")
    var title: String?

    @Option(name: .customLong("id"), help: "The operation's identifier; by default a random one.")
    var identifier: String?

    @Option(
        help:
            "The server to publish to, such as http://127.0.0.1:8080; by default LIVE_PROGRESS_SERVER, else one of its own."
    )
    var server: String?

    @OptionGroup var security: SecurityOptions

    @OptionGroup var credentials: TokenOption

    @Option(help: "The port of its own server; by default a free one.")
    var port: Int = 0

    @Option(help: "How many seconds its own server stays after the end, for late watchers.")
    var keep: Double = 0

    @Flag(help: "Say nothing, neither the link nor warnings.")
    var quiet = false

    @Argument(parsing: .captureForPassthrough, help: "The command and its arguments.")
    var command: [String] = []

    /// The words after `--`, or after the options where it is left out.
    private var words: [String] {
        command.first == "--" ? Array(command.dropFirst()) : command
    }

    func validate() throws {
        // The parser hands everything from the first unknown word on to the command, its own help too.
        if ["-h", "--help"].contains(command.first) { throw CleanExit.helpRequest(self) }
        guard !words.isEmpty else { throw ValidationError("Say which command to run, after `--`.") }
        if let first = words.first, command.first != "--", first.hasPrefix("-") {
            throw ValidationError("Unknown option `\(first)`. A command that begins with a dash comes after `--`.")
        }
        guard (0...65_535).contains(port) else { throw ValidationError("A port is a number from 0 to 65535.") }
        guard keep >= 0, keep <= 31_536_000 else { throw ValidationError("Seconds to keep are 0 or more.") }
        if let identifier, ProgressID(identifier) == nil {
            throw ValidationError(
                "An identifier is 1 to \(ProgressID.maximumLength) letters, digits and the signs - . _ ~ : @."
            )
        }
    }

    func run() async throws {
        // First of all, before anything is opened or ignored that the command would get.
        let surroundings = RunSurroundings()
        guard let arguments = CommandArguments(parsed: words, raw: CommandArguments.ofProcess) else { return }
        let messages = RunMessages(isQuiet: quiet)
        let stage = await RunStage.make(request(for: arguments), messages: messages)
        var configuration = RunSession.Configuration()
        configuration.descriptors = surroundings.descriptors
        configuration.defaultSignals = surroundings.defaultSignals
        configuration.keep = stage.isHosted ? .seconds(keep) : .zero
        if let link = stage.link { messages.say(link) }
        // Caught before there is a command, so that none can end us and leave the command behind.
        let signals = try SignalRelay.install(ForwardedSignal.all)
        let session = RunSession(
            arguments: arguments,
            environment: stage.environment,
            publisher: stage.publisher,
            configuration: configuration,
            terminal: TerminalControl(),
            deliverSignals: { SignalRelay.deliver(from: signals, to: $0) },
            warn: { messages.say($0) }
        )
        let end = await session.run()
        await stage.close()
        throw ExitCode(end.exitCode)
    }

    private func request(for arguments: CommandArguments) -> RunStage.Request {
        let environment = ProcessEnvironment.ofProcess
        let named = environment["LIVE_PROGRESS_SERVER"].map { String(decoding: $0, as: UTF8.self) }
        return RunStage.Request(
            id: identifier.flatMap { ProgressID($0) } ?? ProgressID(),
            title: title ?? arguments.title,
            server: server ?? (named?.isEmpty == false ? named : nil),
            security: security,
            token: credentials.value,
            port: port,
            environment: environment
        )
    }
}

/// What we say to the one who started us: on standard error, for standard output belongs to the command.
struct RunMessages: Sendable {
    let isQuiet: Bool

    /// Writes a line at once.
    func say(_ message: String) {
        guard !isQuiet else { return }
        let bytes = Array("live-progress: \(message)\n".utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}

/// What we were started with, as the command is to have it too.
struct RunSurroundings: Sendable {
    let descriptors = InheritedDescriptors()
    /// Signals that we ignore and the command does not.
    let defaultSignals: [Int32]

    /// Takes note of what there is, and ignores what would end us in the middle of copying.
    init() {
        defaultSignals = [SIGPIPE, SIGTTOU].filter { !SignalDisposition.isIgnored($0) }
        _ = signal(SIGPIPE, SIG_IGN)
        // Where this is ignored, as some who start us leave it, nobody could learn how a child ended.
        if SignalDisposition.isIgnored(SIGCHLD) { _ = signal(SIGCHLD, SIG_DFL) }
    }

}
