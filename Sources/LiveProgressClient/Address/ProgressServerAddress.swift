// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Where a server is: what an `http` or `ws` base URL says, taken apart.
public struct ProgressServerAddress: Sendable, Hashable {
    /// The host: a name, an IPv4 address, or an IPv6 address without its brackets.
    public let host: String
    /// The port.
    public let port: Int
    /// What stands before the server's own paths, such as `/jobs` behind a proxy; empty, or with a leading slash
    /// and without a trailing one.
    public let prefix: String

    /// The address that a base URL names.
    ///
    /// - Parameter url: Such as `http://127.0.0.1:8080` or `ws://example.org/jobs`.
    /// - Throws: ``ProgressClientError/Code/invalidURL`` or ``ProgressClientError/Code/unsupportedScheme``.
    public init(_ url: String) throws(ProgressClientError) {
        let parts = try URLParts(url)
        self.init(parts, prefix: parts.path)
    }

    init(_ parts: URLParts, prefix: some StringProtocol) {
        host = parts.host
        port = parts.port
        var path = Substring(prefix)
        while path.last == "/" { path.removeLast() }
        self.prefix = String(path)
    }

    /// The host and port as the `Host` header names them (RFC 9110, section 7.2).
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == 80 ? name : "\(name):\(port)"
    }

    /// The base URL, with `http` as its scheme.
    public var url: String { "http://\(authority)\(prefix)" }
}

extension ProgressServerAddress: CustomStringConvertible {
    /// The base URL.
    public var description: String { url }
}
