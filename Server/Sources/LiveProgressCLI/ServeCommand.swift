// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import Configuration
import FoundationEssentials
import LiveProgress
import LiveProgressServer
import Logging
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `live-progress serve`: runs the stand-alone server until SIGTERM or SIGINT.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a server that workers report to and watchers follow.",
        discussion: """
            Options win over the environment (LIVE_PROGRESS_HOST, LIVE_PROGRESS_PORT, ...), which wins over the file of \
            --config (host: 127.0.0.1, port: 8080, ...).
            """
    )

    @Option(help: "The address to listen on. (default: 127.0.0.1)")
    var host: String?

    @Option(help: "The port to listen on; 0 selects a free port. (default: 8080)")
    var port: Int?

    @Option(
        help: ArgumentHelp(
            """
            The SQLite file that keeps the operations, or memory to keep none. (default: live-progress/progress.sqlite in \
            $XDG_STATE_HOME or ~/.local/state)
            """,
            valueName: "path|memory"
        )
    )
    var store: String?

    @Option(
        help: ArgumentHelp(
            "The NATS servers over which several servers share their operations, joined by commas.",
            valueName: "nats://host:port"
        )
    )
    var backplane: String?

    @Option(help: ArgumentHelp("The credentials file (JWT and key) for the NATS servers.", valueName: "file"))
    var backplaneCreds: String?

    @Option(help: ArgumentHelp("The name of this server among the others. (default: the machine's)", valueName: "name"))
    var nodeName: String?

    @OptionGroup var transport: TransportOptions

    @Flag(help: "Compress messages for watchers that negotiate permessage-deflate.")
    var compression = false

    @Option(help: ArgumentHelp("A configuration file in YAML.", valueName: "file"))
    var config: String?

    @Option(
        help: ArgumentHelp(
            "The file of the server's keys, created if absent. With keys, every client needs a token.",
            valueName: "file"
        )
    )
    var secretFile: String?

    @Flag(help: "Serve every client that can reach the address, even without keys or encryption.")
    var insecure = false

    @Option(help: ArgumentHelp("The lowest level of messages to log. (default: info)", valueName: "level"))
    var logLevel: String?

    func run() async throws {
        EventLoops.matchProcessors()
        ProcessMemory.returnLargePieces()
        let server: ServerApplication
        do {
            let configuration = try await ServerConfiguration.read(options: options, file: config)
            let showsLink = Self.mayShowLink(configuration.authorization)
            let logger = Self.logger(configuration.logLevel)
            for name in configuration.unknownVariables {
                logger.warning("The environment variable \(name) has no effect. docs/OPERATIONS.md lists all keys.")
            }
            try configuration.validate()
            let cluster = configuration.makeCluster(logger: logger)
            server = try ServerApplication(
                configuration: configuration,
                service: cluster == nil ? await configuration.openService(logger: logger) : nil,
                cluster: cluster,
                logger: logger,
                onListening: { Console.write("listening on \($0)\n") },
                onAdminLink: { if showsLink { Console.write("administrator's link: \($0)\n") } }
            )
        } catch let error as ServerConfigurationError {
            throw ValidationError(error.message)
        } catch let error as ProgressStoreError {
            Console.complain(error.message)
            throw ExitCode(ExitStatus.unavailable)
        }
        do {
            try await server.runUntilSignalled()
        } catch let error as ServerConfigurationError {
            throw ValidationError(error.message)
        } catch let error as BackplaneError {
            Console.complain(error.description)
            throw ExitCode(ExitStatus.unavailable)
        } catch {
            let address = "\(server.configuration.host):\(server.configuration.port)"
            Console.complain("cannot serve on \(address): \(Self.reason(error))")
            throw ExitCode(ExitStatus.unavailable)
        }
    }

    /// Returns why the server cannot listen, and what to do if that is known.
    private static func reason(_ error: any Error) -> String {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: "the port is in use. Choose another one with --port; --port 0 selects a free one."
        case EACCES: "the port needs privileges. Choose one above 1023 with --port."
        case EADDRNOTAVAIL: "this machine does not have the address. Choose another one with --host."
        default: "\(error)"
        }
    }

    /// Returns whether to print the administrator's link, which contains a token.
    ///
    /// The server prints the link on a terminal, and at the first start, when no other token exists. At later starts of a
    /// service, the service's log would collect one token for each start.
    private static func mayShowLink(_ authorization: AuthorizationConfiguration) -> Bool {
        let isFirstStart = authorization.secretFile.map { !FileManager.default.fileExists(atPath: $0) } ?? false
        return isFirstStart || Console.Stream.output.isTerminal
    }

    private var options: [String: ConfigValue] {
        var options = transport.values
        if let host { options["host"] = ConfigValue(.string(host), isSecret: false) }
        if let port { options["port"] = ConfigValue(.int(port), isSecret: false) }
        if let store { options["store"] = ConfigValue(.string(store), isSecret: false) }
        if let backplane { options["backplane"] = ConfigValue(.string(backplane), isSecret: true) }
        if let backplaneCreds { options["backplaneCreds"] = ConfigValue(.string(backplaneCreds), isSecret: false) }
        if let nodeName { options["nodeName"] = ConfigValue(.string(nodeName), isSecret: false) }
        if let secretFile { options["secretFile"] = ConfigValue(.string(secretFile), isSecret: false) }
        if insecure { options["insecure"] = ConfigValue(.bool(true), isSecret: false) }
        if compression { options["compression"] = ConfigValue(.bool(true), isSecret: false) }
        if let logLevel { options["logLevel"] = ConfigValue(.string(logLevel), isSecret: false) }
        return options
    }

    /// Returns a logger to standard error; standard output is for programs that wait for the address.
    private static func logger(_ level: Logger.Level) -> Logger {
        var logger = Logger(label: "live-progress") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }
}
