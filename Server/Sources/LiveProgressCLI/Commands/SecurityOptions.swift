// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import FoundationEssentials
@_spi(Server) import LiveProgressClient
import LiveProgressClientTLS

/// The option for the trusted certificate authorities of TLS connections to a server.
struct SecurityOptions: ParsableArguments {
    static let variable = "LIVE_PROGRESS_CA"

    @Option(
        name: .customLong("ca"),
        help: ArgumentHelp(
            "For https URLs, trust only the certificates in this file.",
            discussion: "A PEM file. The default is $\(Self.variable), else the certificates that the system trusts.",
            valueName: "file"
        )
    )
    var authorities: String?

    /// Returns the TLS settings for a server, or `nil` if the server's URL has no TLS.
    ///
    /// - Throws: `ProgressClientError` if the file cannot be read.
    func security(for server: ProgressServerAddress) throws(ProgressClientError) -> (any ProgressTransportSecurity)? {
        guard server.isSecure else { return nil }
        let variable = ProcessInfo.processInfo.environment[Self.variable].flatMap { $0.isEmpty ? nil : $0 }
        do throws(ClientTLS.InvalidAuthorities) {
            return try ClientTLS(trusting: (authorities ?? variable).map { .file($0) } ?? .system)
        } catch {
            throw ProgressClientError(.insecure, error.description)
        }
    }
}
