// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar

/// The host names that the API accepts, as a protection against DNS rebinding.
///
/// Requests from a trusted proxy are not checked, because the proxy decides which names it serves.
public enum ProgressHosts: Sendable, Hashable {
    /// Loopback names only, if the server listens on a loopback address without TLS; otherwise every name.
    ///
    /// With TLS the check is not needed: the server has no certificate for a foreign name, so the browser refuses to
    /// connect.
    case automatic
    /// These names, without ports; `localhost` stands for all loopback names and addresses.
    case listed(HostNames)
    /// Every name.
    case any
}

/// A set of host names, without ports.
public struct HostNames: Sendable, Hashable, ExpressibleByArrayLiteral {
    private let names: Set<String>
    private let allowsLoopback: Bool

    /// The loopback names and addresses.
    public static let loopback = HostNames(["localhost"])

    /// Creates a set of names; `localhost` stands for all loopback names and addresses.
    public init(_ names: some Sequence<String>) {
        self.names = Set(names.map { $0.lowercased() })
        allowsLoopback = self.names.contains("localhost")
    }

    /// Creates a set of names.
    public init(arrayLiteral names: String...) {
        self.init(names)
    }

    /// Returns whether the host of an authority is one of the names; a port and a dot at the end are ignored.
    @_spi(Server) public func contains(_ authority: String) -> Bool {
        let authority = authority.lowercased()
        guard var host = Authority(splitting: authority[...])?.host else { return false }
        if host.utf8.last == UInt8(ascii: ".") { host = Substring(host.utf8.dropLast()) }
        let name = String(host)
        return names.contains(name) || allowsLoopback && Self.isLoopback(name)
    }

    /// Returns whether a host is a loopback name or address: `localhost`, `*.localhost`, `127.0.0.0/8` or `::1`.
    @_spi(Server) public static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        guard host.utf8.starts(with: "127.".utf8) else {
            return host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || host == "[::1]"
        }
        return IPAddress(host) != nil
    }
}
