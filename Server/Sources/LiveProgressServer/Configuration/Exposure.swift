// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressHTTP

/// The check whether a server may listen on an address, given its protection.
///
/// A server may always listen on the loopback interface. On other addresses the server needs keys for tokens, and either
/// its own TLS or a trusted proxy that encrypts; `isInsecure` turns the check off.
struct Exposure: Sendable, Hashable {
    /// The address to listen on.
    var host: String
    /// Whether the configuration permits listening without protection.
    var isInsecure = false
    /// Whether keys are configured, so that every caller needs a token.
    var hasKeys = false
    /// Whether the server has a TLS certificate.
    var hasTLS = false
    /// Whether trusted proxies are configured, which encrypt.
    var hasTrustedProxies = false

    /// A message that names the missing protection and the options to add it, or `nil` if the server may listen.
    var objection: String? {
        guard !isInsecure, !HostNames.isLoopback(host) else { return nil }
        var missing: [String] = []
        if !hasKeys {
            missing.append(
                "no key is configured, so everyone who can reach the server could report, watch and cancel; create a "
                    + "key with --secret-file"
            )
        }
        if !hasTLS, !hasTrustedProxies {
            missing.append(
                "neither TLS nor a trusted proxy is configured, so the connections are not encrypted; set a "
                    + "certificate with --tls-cert and --tls-key, or the proxy that encrypts with --trusted-proxy"
            )
        }
        guard !missing.isEmpty else { return nil }
        return """
            Listening on \(host) is refused: \(missing.joined(separator: "; and ")). Listen on 127.0.0.1 behind a proxy \
            with authentication and TLS, or use --insecure to listen without this protection.
            """
    }
}
