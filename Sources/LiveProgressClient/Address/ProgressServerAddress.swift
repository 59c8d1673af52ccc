// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar
@_spi(Server) import LiveProgressWire

/// The address of a server: the parts of a base URL (`http`, `https`, `ws` or `wss`).
public struct ProgressServerAddress: Sendable, Hashable {
    /// The host: a name, an IPv4 address, or an IPv6 address without its brackets.
    package let host: String
    /// The port.
    @_spi(Server) public let port: Int
    /// Whether connections use TLS, as for `https` and `wss`.
    @_spi(Server) public let isSecure: Bool
    /// The path before the server's own paths, such as `/jobs` behind a proxy.
    ///
    /// The prefix is empty, or has a leading slash and no trailing slash.
    @_spi(Server) public internal(set) var prefix: String
    /// The path where the API is mounted on the server; by default `/api/v1/progress`.
    package let apiPath: String

    /// Parses a base URL.
    ///
    /// - Parameters:
    ///   - url: A base URL such as `http://127.0.0.1:8080` or `ws://example.org/jobs`.
    ///   - apiPath: The path where the API is mounted, such as `/internal/jobs`; `nil` for `/api/v1/progress`.
    /// - Throws: ``ProgressClientError/Code/invalidURL`` or ``ProgressClientError/Code/unsupportedScheme``.
    public init(_ url: String, apiPath: String? = nil) throws(ProgressClientError) {
        guard ByteSet.visible.containsAll(of: url.utf8) else {
            throw .unusable(url, "it contains a space, a control character, or one beyond ASCII")
        }
        guard let parts = AbsoluteURL(url) else {
            throw .unusable(url, "it has no scheme; write http://\(ProgressClientError.quoted(url).prefix(64))")
        }
        isSecure = try Self.isSecure(scheme: parts.scheme.lowercased())
        guard !parts.authority.contains("@") else {
            throw .unusable("\(parts.scheme)://…", "a user name or password in it is not supported")
        }
        let (host, port) = try Self.hostAndPort(parts.authority, of: url)
        self.host = host
        self.port = port ?? Self.defaultPort(isSecure: isSecure)
        prefix = Self.withoutLastSlashes(parts.rest.prefix { $0 != "?" && $0 != "#" })
        self.apiPath = apiPath.map(ProgressRoutes.normalized) ?? ProgressRoutes.base
    }

    static func withoutLastSlashes(_ path: Substring) -> String {
        var path = path
        while path.last == "/" { path.removeLast() }
        return String(path)
    }

    /// The host and port for the `Host` header field (RFC 9110, section 7.2).
    package var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == Self.defaultPort(isSecure: isSecure) ? name : "\(name):\(port)"
    }

    /// The base URL, with `http` or `https` as its scheme.
    public var url: String { "\(isSecure ? "https" : "http")://\(authority)\(prefix)" }
}

extension ProgressServerAddress {
    /// Returns the port for a URL without a port.
    private static func defaultPort(isSecure: Bool) -> Int { isSecure ? 443 : 80 }

    private static func isSecure(scheme: String) throws(ProgressClientError) -> Bool {
        switch scheme {
        case "http", "ws": return false
        case "https", "wss": return true
        default:
            throw ProgressClientError(
                .unsupportedScheme,
                "\(scheme):// is not supported: use http://, https://, ws:// or wss://."
            )
        }
    }

    private static func hostAndPort(
        _ text: Substring,
        of url: String
    ) throws(ProgressClientError) -> (host: String, port: Int?) {
        guard let authority = Authority(splitting: text) else {
            let isClosed = text.contains("]")
            throw .unusable(
                url,
                isClosed
                    ? "something other than a port follows its address" : "the bracket of its address is not closed"
            )
        }
        let host = authority.isBracketed ? authority.host.dropFirst().dropLast() : authority.host
        guard !authority.isBracketed || host.contains(":") && IPAddress(host) != nil else {
            throw .unusable(url, "what stands in its brackets is no IPv6 address")
        }
        let digits = authority.port ?? ""
        guard !digits.contains(":") else {
            throw .unusable(url, "an IPv6 address must stand in brackets")
        }
        guard !host.isEmpty else { throw .unusable(url, "it names no host") }
        if digits.isEmpty { return (String(host), nil) }
        guard let port = Int(digits: digits.utf8, atMost: Int(UInt16.max)), port > 0 else {
            throw .unusable(url, "its port is not a number from 1 to 65535")
        }
        return (String(host), port)
    }
}

extension ProgressClientError {
    /// Returns the part of a URL that an error may quote: the fragment is left out, because a link has its token there.
    static func quoted(_ url: String) -> Substring {
        url.prefix { $0 != "#" }.prefix(200)
    }

    fileprivate static func unusable(_ url: String, _ why: String) -> ProgressClientError {
        ProgressClientError(.invalidURL, "\"\(quoted(url))\" is not a usable URL: \(why).")
    }
}

extension ProgressServerAddress: CustomStringConvertible {
    /// The base URL.
    public var description: String { url }
}
