// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgressHTTP

/// What a server that listens is called: by its address, and by a name that a link can use.
struct ListeningNames: Sendable {
    private let configuration: ServerConfiguration
    /// What the machine is called on its network.
    private let machine: String

    /// The names of a server on a machine, by default this one.
    init(_ configuration: ServerConfiguration, machine: String = ProcessInfo.processInfo.hostName) {
        self.configuration = configuration
        self.machine = machine
    }

    /// The address that it listens on, as it is configured.
    var address: String { configuration.host }

    /// A name by which a browser on this machine gets an answer.
    ///
    /// `0.0.0.0` and `::` mean every address and are none. Where names are listed, another one gets 421; where the server
    /// encrypts, its certificate is rather for the machine's name than for `localhost`.
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

    /// The URL of the server by a name or an address.
    func url(of host: String, port: Int) -> String {
        "\(configuration.transport.tls == nil ? "http" : "https")://\(Self.bracketed(host)):\(port)"
    }

    /// Whether an address stands for all that the machine has, in any way of writing it.
    private static func meansAny(_ host: String) -> Bool {
        let host = host.hasPrefix("[") ? String(host.dropFirst().prefix { $0 != "]" }) : host
        let zeros = Set<Character>(host.contains(":") ? "0:" : "0.")
        return !host.isEmpty && host.allSatisfy(zeros.contains)
    }

    private static func bracketed(_ host: String) -> String {
        host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    }
}
