// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
import LiveProgressGrammar

/// What a path of the HTTP API means.
public enum ProgressRoute: Sendable, Hashable {
    /// All operations: create, list, feed.
    case collection
    /// One operation: watch, read, report, delete.
    case operation(ProgressID)
    /// The request to stop an operation.
    case cancellation(ProgressID)
}

/// The paths of the HTTP API: those of its operations stand under the path of all of them, which is ``base`` unless an
/// application has mounted the API elsewhere.
public enum ProgressRoutes {
    /// The path of all operations, and the start of every other one.
    public static let base = "/api/v1/progress"

    /// A path to mount the API at, with one slash before each of its parts and none at its end.
    public static func normalized(_ path: String) -> String {
        path.split(separator: "/").map { "/" + $0 }.joined()
    }

    /// The query parameter that carries the cursor to go on from.
    public static let cursorParameter = "cursor"

    /// The query parameter that carries a one-time ticket.
    public static let ticketParameter = "ticket"

    /// The query parameter that carries a token, where that is switched on (RFC 6750 section 2.3).
    public static let tokenParameter = "access_token"

    /// The path of an operation.
    public static func path(for id: ProgressID, under base: String = base) -> String {
        "\(base)/\(id)"
    }

    /// The path that asks an operation to stop.
    public static func cancelPath(for id: ProgressID, under base: String = base) -> String {
        "\(base)/\(id)/cancel"
    }

    /// What a path means, or `nil` where it is none of the API's; a query after it and a slash at its end do not count.
    ///
    /// Escapes in an identifier are resolved: clients may send `a%3Ab` for `a:b`.
    @inlinable
    public static func route(ofPath path: some StringProtocol, under base: String = base) -> ProgressRoute? {
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
        return action.elementsEqual("/cancel".utf8) ? .cancellation(id) : nil
    }
}
