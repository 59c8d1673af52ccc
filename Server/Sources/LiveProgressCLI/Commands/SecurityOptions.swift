// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import FoundationEssentials
import LiveProgressClient
import LiveProgressClientTLS

/// Whose word counts for who a server is, where it is asked over TLS.
struct SecurityOptions: ParsableArguments {
    static let variable = "LIVE_PROGRESS_CA"

    @Option(
        name: .customLong("ca"),
        help: ArgumentHelp(
            "Trust the certificates in this file, and no others, where the URL says https.",
            discussion: "PEM. Without it, $\(Self.variable) counts, else what the system trusts.",
            valueName: "file"
        )
    )
    var authorities: String?

    /// What encrypts the connections to a server, or `nil` where its URL does not ask for it.
    ///
    /// - Throws: `ProgressClientError` where the file cannot be read.
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
