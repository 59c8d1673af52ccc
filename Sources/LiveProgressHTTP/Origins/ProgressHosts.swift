// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar

/// Which names the API answers to, so that a page cannot reach it by a name that was made to point at it (DNS rebinding).
///
/// A trusted proxy knows itself which names it serves: what it forwards is not asked for its name.
public enum ProgressHosts: Sendable, Hashable {
    /// A server that listens on a loopback address, without TLS, answers to this machine's names alone; any other to all.
    ///
    /// A browser that was led to a server with TLS by another name finds a certificate of that name missing.
    case automatic
    /// These names, without ports; `localhost` stands for all that mean this machine.
    case listed(HostNames)
    /// Every name.
    case any
}

/// Names that a server answers to, without ports.
public struct HostNames: Sendable, Hashable, ExpressibleByArrayLiteral {
    private let names: Set<String>
    private let allowsLoopback: Bool

    /// The names that mean this machine itself.
    public static let loopback = HostNames(["localhost"])

    /// These names; `localhost` stands for all that mean this machine.
    public init(_ names: some Sequence<String>) {
        self.names = Set(names.map { $0.lowercased() })
        allowsLoopback = self.names.contains("localhost")
    }

    /// These names.
    public init(arrayLiteral names: String...) {
        self.init(names)
    }

    /// Whether an authority, a host and perhaps a port, bears one of the names; a dot at the end of one means nothing.
    public func contains(_ authority: String) -> Bool {
        let authority = authority.lowercased()
        guard var host = Authority(splitting: authority[...])?.host else { return false }
        if host.utf8.last == UInt8(ascii: ".") { host = Substring(host.utf8.dropLast()) }
        let name = String(host)
        return names.contains(name) || allowsLoopback && Self.isLoopback(name)
    }

    /// Whether a name or an address means this machine itself.
    public static func isLoopback(_ host: String) -> Bool {
        let host = host.lowercased()
        guard host.utf8.starts(with: "127.".utf8) else {
            return host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || host == "[::1]"
        }
        return IPAddress(host) != nil
    }
}
