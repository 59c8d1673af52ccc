// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
import LiveProgressGrammar
@_spi(Server) import LiveProgressWire

/// One operation on one server, named by a whole URL or by an identifier.
@_spi(Server) public struct ProgressTarget: Sendable, Hashable {
    /// The server that holds the operation.
    @_spi(Server) public let server: ProgressServerAddress
    /// The operation.
    @_spi(Server) public let id: ProgressID

    /// Creates a target from a server and an identifier.
    @_spi(Server) public init(server: ProgressServerAddress, id: ProgressID) {
        self.server = server
        self.id = id
    }

    /// Parses an operation's whole URL, such as `http://127.0.0.1:8080/api/v1/progress/import-7`.
    ///
    /// - Parameters:
    ///   - url: The URL.
    ///   - apiPath: The path where the API is mounted, such as `/internal/jobs`. If `nil`, it is `/api/v1/progress`, or else all of
    ///     the path before the identifier.
    /// - Throws: ``ProgressClientError/Code/invalidURL`` or ``ProgressClientError/Code/unsupportedScheme``.
    @_spi(Server) public init(url: String, apiPath: String? = nil) throws(ProgressClientError) {
        var server = try ProgressServerAddress(url, apiPath: apiPath)
        if apiPath == nil, let parent = Self.otherAPIPath(server.prefix) {
            server = try ProgressServerAddress(url, apiPath: parent)
        }
        guard let (prefix, name) = Self.split(path: server.prefix, at: server.apiPath) else {
            throw ProgressClientError(
                .invalidURL,
                "\"\(ProgressClientError.quoted(url))\" is not the URL of an operation: it should end in \(server.apiPath)/ID."
            )
        }
        guard let id = PercentCoding.decode(Array(name.utf8)[...]).flatMap({ ProgressID($0) }) else {
            throw ProgressClientError(.invalidURL, Self.rules(of: String(name)))
        }
        server.prefix = ProgressServerAddress.withoutLastSlashes(prefix)
        self.init(server: server, id: id)
    }

    /// Parses an operation's whole URL, or its identifier on the given server.
    ///
    /// - Parameters:
    ///   - text: A URL if the text has a slash, otherwise an identifier.
    ///   - server: The base URL of the server for an identifier.
    /// - Throws: ``ProgressClientError/Code/invalidURL`` or ``ProgressClientError/Code/unsupportedScheme``.
    @_spi(Server) public init(_ text: String, server: @autoclosure () -> String) throws(ProgressClientError) {
        if text.utf8.contains(UInt8(ascii: "/")) {
            try self.init(url: text)
            return
        }
        guard let id = ProgressID(text) else {
            throw ProgressClientError(.invalidURL, Self.rules(of: text))
        }
        try self.init(server: ProgressServerAddress(server()), id: id)
    }

    /// The operation's whole URL.
    @_spi(Server) public var url: String { server.url + ProgressRoutes.path(for: id, under: server.apiPath) }

    /// Returns the token in the fragment of a link, `#token=…`; the fragment is not sent to a server.
    @_spi(Server) public static func token(ofLink url: String) -> String? {
        let prefix = "token="
        let items = url.drop { $0 != "#" }.dropFirst().split(separator: "&")
        return items.first { $0.hasPrefix(prefix) && $0 != prefix }.map { String($0.dropFirst(prefix.count)) }
    }

    /// Splits a path into the prefix before the path of the API, and the identifier after the path of the API.
    private static func split(path: String, at apiPath: String) -> (prefix: Substring, name: Substring)? {
        guard let slash = path.lastIndex(of: "/") else { return nil }
        let name = path[path.index(after: slash)...]
        let parent = path[..<slash]
        guard parent.hasSuffix(apiPath), !name.isEmpty else { return nil }
        return (parent.dropLast(apiPath.count), name)
    }

    /// Returns the path before the last segment, if `/api/v1/progress` is not in the path.
    private static func otherAPIPath(_ path: String) -> String? {
        guard !(path + "/").contains(ProgressRoutes.base + "/"), let slash = path.lastIndex(of: "/") else { return nil }
        return String(path[..<slash])
    }

    private static func rules(of text: String) -> String {
        "\"\(ProgressClientError.quoted(text))\" is not an identifier of an operation: "
            + "1 to \(ProgressID.maximumLength) of A-Z a-z 0-9 - . _ ~ : @ are allowed."
    }
}
