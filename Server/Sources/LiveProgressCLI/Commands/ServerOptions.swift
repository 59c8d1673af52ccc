// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import FoundationEssentials
@_spi(Server) import LiveProgressClient

/// The option for the token of requests.
struct TokenOption: ParsableArguments {
    static let variable = "LIVE_PROGRESS_TOKEN"

    @Option(
        name: .customLong("token"),
        help: ArgumentHelp(
            "The token for requests to the server.",
            discussion: "Other users of the machine can see the command line; prefer $\(Self.variable).",
            valueName: "token"
        )
    )
    var token: String?

    /// The token from the option, else from the environment.
    var value: String? { value(for: nil) }

    /// Returns the token from the option, else from an operation's link, else from the environment.
    func value(for link: String?) -> String? {
        if let token, !token.isEmpty { return token }
        if let token = link.flatMap({ ProgressTarget.token(ofLink: $0) }) { return token }
        let variable = ProcessInfo.processInfo.environment[Self.variable]
        return variable?.isEmpty == false ? variable : nil
    }

    /// Refuses tokens with characters that a header field cannot contain.
    func validate() throws {
        guard value?.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) ?? true else {
            throw ValidationError("A token must not contain spaces or control characters.")
        }
    }
}

/// The options for the server of requests.
struct ServerOptions: ParsableArguments {
    /// The default base URL.
    static let defaultServer = "http://127.0.0.1:8080"
    static let variable = "LIVE_PROGRESS_SERVER"

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The server's base URL.",
            discussion: "The default is $\(Self.variable), else \(Self.defaultServer).",
            valueName: "url"
        )
    )
    var server: String?

    @OptionGroup var security: SecurityOptions

    @OptionGroup var credentials: TokenOption

    /// The base URL of the server.
    var url: String {
        Self.url(option: server, environment: ProcessInfo.processInfo.environment)
    }

    /// Returns the base URL from the option, else from the environment, else the default.
    static func url(option: String?, environment: [String: String]) -> String {
        if let option { return option }
        if let variable = environment[variable], !variable.isEmpty { return variable }
        return defaultServer
    }

    /// Creates a client of the server.
    func client() throws(ProgressClientError) -> ProgressClient {
        try client(of: ProgressServerAddress(url))
    }

    /// Creates a client of the given server, such as the server in an operation's URL.
    func client(
        of server: ProgressServerAddress,
        link: String? = nil
    ) throws(ProgressClientError) -> ProgressClient {
        ProgressClient(server: server, configuration: try configuration(for: server, link: link))
    }

    /// Returns the configuration of a client; the token may come from an operation's link.
    func configuration(
        for server: ProgressServerAddress,
        link: String? = nil
    ) throws(ProgressClientError) -> ProgressClient.Configuration {
        var configuration = ProgressClient.Configuration()
        configuration.security = try security.security(for: server)
        configuration.token = credentials.value(for: link)
        return configuration
    }

    /// Returns the operation for a URL or an identifier.
    func target(_ text: String) throws(ProgressClientError) -> ProgressTarget {
        try ProgressTarget(text, server: url)
    }
}
