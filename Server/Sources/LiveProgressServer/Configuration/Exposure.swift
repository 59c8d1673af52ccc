// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP

/// Whether a server may listen where it is told to, by what protects it there.
///
/// On the loopback interface it always may. Elsewhere it has to ask who calls, and what is said has to be encrypted, by
/// itself or by a proxy in front of it; or somebody has said in so many words that neither is needed.
struct Exposure: Sendable, Hashable {
    /// The address to listen on.
    var host: String
    /// Whether it was told to serve everyone.
    var isInsecure = false
    /// Whether there are keys, so that callers have to show who they are.
    var hasKeys = false
    /// Whether it encrypts by itself.
    var hasTLS = false
    /// Whether there are proxies that it trusts, which encrypt.
    var hasTrustedProxies = false

    /// What is missing, and what to do about it; `nil` where the server may listen.
    var objection: String? {
        guard !isInsecure, !HostNames.isLoopback(host) else { return nil }
        var missing: [String] = []
        if !hasKeys {
            missing.append(
                "because no key is configured, everyone who can reach it could report, watch and cancel; make one with "
                    + "--secret-file"
            )
        }
        if !hasTLS, !hasTrustedProxies {
            missing.append(
                "because nothing encrypts, everyone on the way could read along; name a certificate with --tls-cert and "
                    + "--tls-key, or the proxy that encrypts with --trusted-proxy"
            )
        }
        guard !missing.isEmpty else { return nil }
        return """
            Listening on \(host) is refused: \(missing.joined(separator: "; and ")). Listen on 127.0.0.1, behind a proxy \
            that checks who calls and speaks TLS, or say --insecure if that is what you want.
            """
    }
}
