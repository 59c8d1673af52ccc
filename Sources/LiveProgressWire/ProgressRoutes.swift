// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
import LiveProgressGrammar

/// The target of a path of the HTTP API.
@_spi(Server) public enum ProgressRoute: Sendable, Hashable {
    /// All operations: create, list, feed.
    case collection
    /// One operation: watch, read, report, delete.
    case operation(ProgressID)
    /// The request to stop an operation.
    case cancellation(ProgressID)
    /// The answer to the question of an operation.
    case answer(ProgressID)
}

/// The paths of the HTTP API.
///
/// All paths begin with the path of all operations. That path is ``base``, unless an application mounts the API
/// elsewhere.
@_spi(Server) public enum ProgressRoutes {
    /// The path of all operations, with which every other path begins.
    @_spi(Server) public static let base = "/api/v1/progress"

    /// Returns a mount path in normal form: one slash before each part, and no slash at the end.
    @_spi(Server) public static func normalized(_ path: String) -> String {
        path.split(separator: "/").map { "/" + $0 }.joined()
    }

    /// The query parameter for the cursor to resume from.
    @_spi(Server) public static let cursorParameter = "cursor"

    /// The query parameter for a one-time ticket.
    @_spi(Server) public static let ticketParameter = "ticket"

    /// The query parameter for a token, if the server permits that (RFC 6750 section 2.3).
    @_spi(Server) public static let tokenParameter = "access_token"

    /// Returns the path of an operation.
    @_spi(Server) public static func path(for id: ProgressID, under base: String = base) -> String {
        "\(base)/\(id)"
    }

    /// Returns the path to which a client sends the request to stop an operation.
    @_spi(Server) public static func cancelPath(for id: ProgressID, under base: String = base) -> String {
        "\(base)/\(id)/cancel"
    }

    /// Returns the path to which a client sends the answer to a question.
    @_spi(Server) public static func answerPath(for id: ProgressID, under base: String = base) -> String {
        "\(base)/\(id)/answer"
    }

    /// Returns the target of a path, or `nil` if the path is not part of the API.
    ///
    /// A query after the path and a slash at its end are ignored.
    ///
    /// Escapes in an identifier are decoded: clients may send `a%3Ab` for `a:b`.
    @inlinable
    @_spi(Server) public static func route(ofPath path: some StringProtocol, under base: String = base)
        -> ProgressRoute?
    {
        route(ofPath: Array(path.utf8), under: base)
    }

    @usableFromInline
    static func route(ofPath path: [UInt8], under base: String) -> ProgressRoute? {
        let slash = UInt8(ascii: "/")
        var rest = path.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        guard rest.starts(with: base.utf8) else { return nil }
        rest = rest.dropFirst(base.utf8.count)
        if rest.last == slash { rest.removeLast() }
        guard let first = rest.popFirst() else { return .collection }
        let name = rest.prefix { $0 != slash }
        guard first == slash, let id = PercentCoding.decode(name).flatMap({ ProgressID($0) }) else { return nil }
        let action = rest[name.endIndex...]
        if action.isEmpty { return .operation(id) }
        if action.elementsEqual("/answer".utf8) { return .answer(id) }
        return action.elementsEqual("/cancel".utf8) ? .cancellation(id) : nil
    }
}
