// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressWire

/// The query parameters of a request.
///
/// An unknown parameter is an error, because a misspelled parameter must not count as absent.
struct QueryParameters {
    /// The names and values in order.
    private(set) var items: [(name: String, value: String)] = []

    /// The credentials, which the query of every request may have.
    static let credentials = [ProgressRoutes.ticketParameter, ProgressRoutes.tokenParameter]
    /// The parameters that may be repeated.
    private static let repeatable = ["status", "label"]

    /// Creates an empty list of parameters.
    init() {}

    /// Parses the parameters of a request to a route that accepts `known` and ``credentials``.
    ///
    /// - Throws: A 400 that names a parameter that is unknown, malformed, empty or repeated.
    init(_ target: RequestTarget, known: [String]) throws(Refusal) {
        guard !target.query.isEmpty else { return }
        do throws(WireError) {
            items = try target.queryItems()
        } catch {
            let rule = "must be UTF-8 in which % begins an escape: write %25 for a percent sign."
            throw Refusal(Problems.invalidQuery("The names and values of a query \(rule)"))
        }
        let known = known + Self.credentials
        var single: Set<String> = []
        for (given, value) in items {
            guard let name = known.first(withBytesOf: given) else { throw Self.unknown(given, value, known) }
            guard !value.isEmpty else {
                throw Refusal(Problems.invalidQuery("\(name) has no value: give it one, or leave it out."))
            }
            guard Self.repeatable.contains(name) || single.insert(name).inserted else {
                throw Refusal(Problems.invalidQuery("\(name) is given more than once: give it once."))
            }
        }
    }

    /// The value of a parameter that is not repeated.
    subscript(name: String) -> String? { items.first { $0.name.hasBytes(of: name) }?.value }

    private static func unknown(_ name: String, _ value: String, _ known: [String]) -> Refusal {
        if known.contains("label"), name.utf8.starts(with: "label.".utf8) {
            let label = String(decoding: name.utf8.dropFirst(6), as: UTF8.self)
            return ProgressQuery.labelSpelling(insteadOf: (label, value))
        }
        let shown = name.utf8.count <= 64 ? name : String(decoding: name.utf8.prefix(64), as: UTF8.self) + "…"
        let meant = known.first { letters(of: $0) == letters(of: name) }
        let hint = meant.map { " Did you mean \($0)?" } ?? ""
        return Refusal(
            Problems.invalidQuery(
                "There is no parameter \"\(shown)\" here.\(hint) The parameters are \(known.joined(separator: ", "))."
            )
        )
    }

    /// Returns the letters of a name in lower case; two names with the same letters mean the same parameter.
    private static func letters(of name: String) -> [UInt8] {
        name.utf8.map { $0 | 0x20 }.filter { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }
    }
}

extension Route {
    /// Returns the parameters that a request accepts in addition to ``QueryParameters/credentials``.
    func parameters(for method: HTTPRequest.Method) -> [String] {
        guard method == .get || method == .head else { return [] }
        switch self {
        case .collection: return ProgressQuery.parameters
        case .operation: return [ProgressRoutes.cursorParameter]
        case .cancel, .answer: return []
        }
    }
}
