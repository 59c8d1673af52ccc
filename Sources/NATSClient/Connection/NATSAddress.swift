// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

/// The address of a NATS server, such as `nats://127.0.0.1:4222` or `tls://user:password@host`.
public struct NATSAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host name or an IP address, without brackets.
    public let host: String
    /// The port; 4222 unless the URL has one.
    public let port: Int
    /// Whether the connection must use TLS.
    public let isSecure: Bool
    /// The user in the URL; `nil` if there is none.
    public let user: String?
    /// The password in the URL; without a user before it, the part before `@` is a token.
    public let password: String?

    /// The address as a URL, without the user and the password.
    public var description: String {
        "\(isSecure ? "tls" : "nats")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }

    /// Reads a URL with the scheme `nats` or `tls`, or `host:port`.
    ///
    /// - Throws: ``NATSError/Code/invalid`` if the text is not such a URL.
    public init(_ text: String) throws(NATSError) {
        let invalid = NATSError(
            .invalid,
            "This is not the address of a NATS server. Expected nats://HOST[:PORT] or tls://HOST[:PORT]."
        )
        let url = text.contains("://") ? text : "nats://\(text)"
        guard let parts = URLComponents(string: url), let scheme = parts.scheme?.lowercased(),
            scheme == "nats" || scheme == "tls", let name = parts.encodedHost, !name.isEmpty,
            parts.path.isEmpty || parts.path == "/", parts.query == nil, parts.fragment == nil
        else { throw invalid }
        host = name.hasPrefix("[") ? String(name.dropFirst().dropLast()) : name
        port = parts.port ?? 4222
        guard (1...65535).contains(port) else { throw invalid }
        isSecure = scheme == "tls"
        user = parts.user
        password = parts.password
    }

    /// Reads a list of addresses, separated by commas.
    ///
    /// - Returns: At least one address.
    /// - Throws: ``NATSError/Code/invalid`` if one of them is not an address.
    public static func list(_ text: String) throws(NATSError) -> [NATSAddress] {
        var addresses: [NATSAddress] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            addresses.append(try NATSAddress(String(part.filter { $0 != " " })))
        }
        return addresses
    }

    /// An address of the same cluster, found at a server: with the scheme, user and password of the server's address.
    func sibling(at text: String) -> NATSAddress? {
        guard let found = try? NATSAddress(text) else { return nil }
        return NATSAddress(host: found.host, port: found.port, like: self)
    }

    private init(host: String, port: Int, like other: NATSAddress) {
        self.host = host
        self.port = port
        isSecure = other.isSecure
        user = other.user
        password = other.password
    }
}
