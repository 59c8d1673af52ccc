// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import FoundationEssentials
import LiveProgressClient

/// The token that shows who calls.
struct TokenOption: ParsableArguments {
    static let variable = "LIVE_PROGRESS_TOKEN"

    @Option(
        name: .customLong("token"),
        help: ArgumentHelp(
            "The token that shows who calls.",
            discussion: "Others on the machine can see it there; better set $\(Self.variable).",
            valueName: "token"
        )
    )
    var token: String?

    /// The option before the environment.
    var value: String? { value(for: nil) }

    /// The option before the token of an operation's link before the environment.
    func value(for link: String?) -> String? {
        if let token, !token.isEmpty { return token }
        if let token = link.flatMap({ ProgressTarget.token(ofLink: $0) }) { return token }
        let variable = ProcessInfo.processInfo.environment[Self.variable]
        return variable?.isEmpty == false ? variable : nil
    }

    /// Refuses what cannot stand in a header field.
    func validate() throws {
        guard value?.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) ?? true else {
            throw ValidationError("A token has neither spaces nor control characters.")
        }
    }
}

/// Which server to talk to.
struct ServerOptions: ParsableArguments {
    /// The server that is assumed where none is named.
    static let defaultServer = "http://127.0.0.1:8080"
    static let variable = "LIVE_PROGRESS_SERVER"

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The server's base URL.",
            discussion: "Without it, $\(Self.variable) counts, else \(Self.defaultServer).",
            valueName: "url"
        )
    )
    var server: String?

    @OptionGroup var security: SecurityOptions

    @OptionGroup var credentials: TokenOption

    /// The base URL that counts.
    var url: String {
        Self.url(option: server, environment: ProcessInfo.processInfo.environment)
    }

    /// The option before the environment before the default.
    static func url(option: String?, environment: [String: String]) -> String {
        if let option { return option }
        if let variable = environment[variable], !variable.isEmpty { return variable }
        return defaultServer
    }

    /// A client of the server.
    func client() throws(ProgressClientError) -> ProgressClient {
        try client(of: ProgressServerAddress(url))
    }

    /// A client of a server, which may be another one that an operation's URL names.
    func client(
        of server: ProgressServerAddress,
        link: String? = nil
    ) throws(ProgressClientError) -> ProgressClient {
        ProgressClient(server: server, configuration: try configuration(for: server, link: link))
    }

    /// How a client of a server behaves; a link may bring its token.
    func configuration(
        for server: ProgressServerAddress,
        link: String? = nil
    ) throws(ProgressClientError) -> ProgressClient.Configuration {
        var configuration = ProgressClient.Configuration()
        configuration.security = try security.security(for: server)
        configuration.token = credentials.value(for: link)
        return configuration
    }

    /// The operation that a URL or an identifier names.
    func target(_ text: String) throws(ProgressClientError) -> ProgressTarget {
        try ProgressTarget(text, server: url)
    }
}
