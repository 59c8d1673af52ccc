// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import Configuration

/// The options for TLS and trusted proxies.
struct TransportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Serve TLS with this certificate.",
            discussion: "A PEM file with the certificate chain. Read again when the file changes, and on SIGHUP.",
            valueName: "file"
        )
    )
    var tlsCert: String?

    @Option(help: ArgumentHelp("The certificate's private key.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Trust the header fields of proxies at these addresses about the client; may be repeated.",
            discussion: "The fields are X-Forwarded-For, -Proto and -Host, or Forwarded.",
            valueName: "cidr"
        )
    )
    var trustedProxy: [String] = []

    /// The given options, by the keys of the configuration file.
    var values: [String: ConfigValue] {
        var values: [String: ConfigValue] = [:]
        if let tlsCert { values["tlsCertificate"] = ConfigValue(.string(tlsCert), isSecret: false) }
        if let tlsKey { values["tlsKey"] = ConfigValue(.string(tlsKey), isSecret: false) }
        if !trustedProxy.isEmpty { values["trustedProxies"] = ConfigValue(.stringArray(trustedProxy), isSecret: false) }
        return values
    }
}
