// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
@_spi(Server) import LiveProgressHTTP

/// The names of a listening server: its address, and a name for links.
struct ListeningNames: Sendable {
    private let configuration: ServerConfiguration
    /// The host name of the machine.
    private let machine: String

    /// Creates the names of a server on a machine, by default this machine.
    init(_ configuration: ServerConfiguration, machine: String = ProcessInfo.processInfo.hostName) {
        self.configuration = configuration
        self.machine = machine
    }

    /// The configured address to listen on.
    var address: String { configuration.host }

    /// The host name for links that a browser on this machine can open.
    ///
    /// A link cannot use `0.0.0.0` or `::`, which stand for all addresses. If the configuration lists host names, any other
    /// name gets status code 421. With TLS, the certificate is more likely for the machine's name than for `localhost`.
    var reachable: String {
        let isAny = Self.meansAny(address)
        if let listed = configuration.hosts.first {
            let policy = HostNames(configuration.hosts)
            if !isAny, policy.contains(Self.bracketed(address)) { return address }
            return configuration.hosts.first { $0.lowercased() != "localhost" } ?? listed
        }
        guard isAny else { return address }
        return configuration.transport.tls == nil || machine.isEmpty ? "localhost" : machine
    }

    /// Returns the URL of the server for a name or an address.
    func url(of host: String, port: Int) -> String {
        "\(configuration.transport.tls == nil ? "http" : "https")://\(Self.bracketed(host)):\(port)"
    }

    /// Returns whether an address stands for all addresses of the machine, in any notation such as `0.0.0.0` or `[::]`.
    private static func meansAny(_ host: String) -> Bool {
        let host = host.hasPrefix("[") ? String(host.dropFirst().prefix { $0 != "]" }) : host
        let zeros = Set<Character>(host.contains(":") ? "0:" : "0.")
        return !host.isEmpty && host.allSatisfy(zeros.contains)
    }

    private static func bracketed(_ host: String) -> String {
        host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    }
}
