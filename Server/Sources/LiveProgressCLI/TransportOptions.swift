// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import Configuration

/// How bytes get to the server: encrypted or not, and through whom.
struct TransportOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Serve TLS with this certificate.",
            discussion: "PEM, followed by those that lead to its root. Read again when it changes, and at SIGHUP.",
            valueName: "file"
        )
    )
    var tlsCert: String?

    @Option(help: ArgumentHelp("The certificate's private key.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Believe proxies at these addresses about who calls; may be repeated.",
            discussion: "They tell it in X-Forwarded-For, -Proto and -Host, or in Forwarded.",
            valueName: "cidr"
        )
    )
    var trustedProxy: [String] = []

    /// What is said, by the keys of the configuration file.
    var values: [String: ConfigValue] {
        var values: [String: ConfigValue] = [:]
        if let tlsCert { values["tlsCertificate"] = ConfigValue(.string(tlsCert), isSecret: false) }
        if let tlsKey { values["tlsKey"] = ConfigValue(.string(tlsKey), isSecret: false) }
        if !trustedProxy.isEmpty { values["trustedProxies"] = ConfigValue(.stringArray(trustedProxy), isSecret: false) }
        return values
    }
}
