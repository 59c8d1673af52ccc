// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWire

/// Where a server is: what a base URL says (`http`, `https`, `ws` or `wss`), taken apart.
public struct ProgressServerAddress: Sendable, Hashable {
    /// The host: a name, an IPv4 address, or an IPv6 address without its brackets.
    public let host: String
    /// The port.
    public let port: Int
    /// Whether it is asked over TLS, as `https` and `wss` say.
    public let isSecure: Bool
    /// What stands before the server's own paths, such as `/jobs` behind a proxy; empty, or with a leading slash
    /// and without a trailing one.
    public let prefix: String
    /// Where the API is mounted on the server, `/api/v1/progress` unless an application has mounted it elsewhere.
    public let apiPath: String

    /// The address that a base URL names.
    ///
    /// - Parameters:
    ///   - url: Such as `http://127.0.0.1:8080` or `ws://example.org/jobs`.
    ///   - apiPath: Where the API is mounted there, such as `/internal/jobs`; `nil` for `/api/v1/progress`.
    /// - Throws: ``ProgressClientError/Code/invalidURL`` or ``ProgressClientError/Code/unsupportedScheme``.
    public init(_ url: String, apiPath: String? = nil) throws(ProgressClientError) {
        let parts = try URLParts(url)
        self.init(parts, prefix: parts.path, apiPath: apiPath.map(ProgressRoutes.normalized) ?? ProgressRoutes.base)
    }

    init(_ parts: URLParts, prefix: some StringProtocol, apiPath: String) {
        self.apiPath = apiPath
        host = parts.host
        port = parts.port
        isSecure = parts.isSecure
        var path = Substring(prefix)
        while path.last == "/" { path.removeLast() }
        self.prefix = String(path)
    }

    /// The host and port as the `Host` header names them (RFC 9110, section 7.2).
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == URLParts.defaultPort(isSecure: isSecure) ? name : "\(name):\(port)"
    }

    /// The base URL, with `http` or `https` as its scheme.
    public var url: String { "\(isSecure ? "https" : "http")://\(authority)\(prefix)" }
}

extension ProgressServerAddress: CustomStringConvertible {
    /// The base URL.
    public var description: String { url }
}
