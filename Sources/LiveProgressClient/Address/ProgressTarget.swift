// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
import LiveProgressWire

/// One operation on one server, as a person names it: by its whole URL, or by its identifier.
public struct ProgressTarget: Sendable, Hashable {
    /// The server that holds the operation.
    public let server: ProgressServerAddress
    /// The operation.
    public let id: ProgressID

    /// An operation on a server.
    public init(server: ProgressServerAddress, id: ProgressID) {
        self.server = server
        self.id = id
    }

    /// Reads an operation's whole URL, such as `http://127.0.0.1:8080/api/v1/progress/import-7`.
    ///
    /// - Parameters:
    ///   - url: The URL.
    ///   - apiPath: Where the API is mounted there, such as `/internal/jobs`; `nil` for `/api/v1/progress`.
    /// - Throws: ``ProgressClientError/Code/invalidURL`` or ``ProgressClientError/Code/unsupportedScheme``.
    public init(url: String, apiPath: String? = nil) throws(ProgressClientError) {
        let parts = try URLParts(url)
        let apiPath = apiPath.map(ProgressRoutes.normalized) ?? ProgressRoutes.base
        guard let (prefix, name) = Self.split(path: parts.path, at: apiPath) else {
            throw ProgressClientError(
                .invalidURL,
                "\"\(URLParts.quoted(url))\" is not the URL of an operation: it should end in \(apiPath)/ID."
            )
        }
        guard let text = Self.removingPercentEncoding(name), let id = ProgressID(text) else {
            throw ProgressClientError(.invalidURL, Self.rules(of: String(name)))
        }
        self.init(server: ProgressServerAddress(parts, prefix: prefix, apiPath: apiPath), id: id)
    }

    /// Reads an operation's whole URL, or its identifier on the given server.
    ///
    /// - Parameters:
    ///   - text: A URL where it contains `://`, else an identifier.
    ///   - server: The base URL of the server for an identifier.
    /// - Throws: ``ProgressClientError/Code/invalidURL`` or ``ProgressClientError/Code/unsupportedScheme``.
    public init(_ text: String, server: @autoclosure () -> String) throws(ProgressClientError) {
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
    public var url: String { server.url + ProgressRoutes.path(for: id, under: server.apiPath) }

    /// The token in the fragment of a link, `#token=…`, which no server is sent as part of the URL.
    public static func token(ofLink url: String) -> String? {
        let prefix = "token="
        let items = url.drop { $0 != "#" }.dropFirst().split(separator: "&")
        return items.first { $0.hasPrefix(prefix) && $0 != prefix }.map { String($0.dropFirst(prefix.count)) }
    }

    /// What stands before the routes in a path, and the identifier after them.
    private static func split(path: String, at apiPath: String) -> (prefix: Substring, name: Substring)? {
        var path = Substring(path)
        while path.last == "/" { path.removeLast() }
        guard let slash = path.lastIndex(of: "/") else { return nil }
        let name = path[path.index(after: slash)...]
        let parent = path[..<slash]
        guard parent.hasSuffix(apiPath), !name.isEmpty else { return nil }
        return (parent.dropLast(apiPath.count), name)
    }

    /// The text with its `%XX` decoded, or `nil` where one is broken.
    private static func removingPercentEncoding(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        UInt8(exactly: Character(Unicode.Scalar(byte)).hexDigitValue ?? -1)
    }

    private static func rules(of text: String) -> String {
        "\"\(URLParts.quoted(text))\" is not an identifier of an operation: "
            + "1 to \(ProgressID.maximumLength) of A-Z a-z 0-9 - . _ ~ : @ are allowed."
    }
}
