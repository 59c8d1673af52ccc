// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

/// What a path of the HTTP API means.
public enum ProgressRoute: Sendable, Hashable {
    /// All operations: create, list, feed.
    case collection
    /// One operation: watch, read, report, delete.
    case operation(ProgressID)
    /// The request to stop an operation.
    case cancellation(ProgressID)
}

/// The paths of the HTTP API.
public enum ProgressRoutes {
    /// The path of all operations, and the start of every other one.
    public static let base = "/api/v1/progress"

    /// The query parameter that carries the cursor to go on from.
    public static let cursorParameter = "cursor"

    /// The query parameter that carries a one-time ticket.
    public static let ticketParameter = "ticket"

    /// The query parameter that carries a token, where that is switched on (RFC 6750 section 2.3).
    public static let tokenParameter = "access_token"

    /// The path of an operation.
    public static func path(for id: ProgressID) -> String {
        "\(base)/\(id)"
    }

    /// The path that asks an operation to stop.
    public static func cancelPath(for id: ProgressID) -> String {
        "\(base)/\(id)/cancel"
    }

    /// The operation whose own path this is, or `nil`.
    public static func id(inPath path: some StringProtocol) -> ProgressID? {
        if case .operation(let id) = route(ofPath: path) { id } else { nil }
    }

    /// What a path means, or `nil` where it is none of the API's; a query after it and a slash at its end do not count.
    ///
    /// Escapes in an identifier are resolved: clients may send `a%3Ab` for `a:b`.
    public static func route(ofPath path: some StringProtocol) -> ProgressRoute? {
        var rest = Array(path.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })[...]
        guard rest.starts(with: base.utf8) else { return nil }
        rest = rest.dropFirst(base.utf8.count)
        if rest.last == UInt8(ascii: "/") { rest.removeLast() }
        if rest.isEmpty { return .collection }
        let segments = rest.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard segments[0].isEmpty, segments.count == 2 || segments.count == 3 else { return nil }
        guard let id = PercentCoding.decode(segments[1]).flatMap({ ProgressID($0) }) else { return nil }
        if segments.count == 2 { return .operation(id) }
        return segments[2].elementsEqual("cancel".utf8) ? .cancellation(id) : nil
    }
}
