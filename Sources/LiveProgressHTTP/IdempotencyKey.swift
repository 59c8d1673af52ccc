// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressGrammar

/// The `Idempotency-Key` of a request: repeating the request with it changes nothing more.
struct IdempotencyKey {
    /// The longest key, in characters.
    static let maximumLength = 255

    /// By what it is remembered: everyone has keys of their own, for each operation and for creating.
    let name: String
    /// A hash of everything else that makes the request.
    let fingerprint: Int

    /// The key of a request, or `nil` where it has none.
    ///
    /// - Throws: A 400 where it cannot be one.
    init?(of exchange: Exchange) throws(Refusal) {
        guard let key = exchange[.idempotencyKey] else { return nil }
        guard Self.isValid(key) else { throw Refusal(Problems.malformedKey) }
        var hasher = Hasher()
        let operation: ProgressID?
        switch exchange.route {
        case .collection: operation = nil
        case .operation(let id): operation = id
        case .cancel(let id):
            operation = id
            hasher.combine("cancel")
        }
        hasher.combine(exchange.request.method)
        hasher.combine(exchange[.contentType])
        hasher.combine(exchange.body)
        fingerprint = hasher.finalize()
        // Neither an identifier nor a key has a line break.
        name = "\(operation?.rawValue ?? "")\n\(key)\n\(Self.owner(exchange.access.principal))"
    }

    /// Whether a text can be a key: printable ASCII, quoted or not.
    static func isValid(_ key: String) -> Bool {
        (1...maximumLength).contains(key.utf8.count) && ByteSet.printable.containsAll(of: key.utf8)
    }

    /// Whose key it is; those who name nobody are told apart by what they may do.
    private static func owner(_ principal: ProgressPrincipal?) -> String {
        guard let principal else { return "" }
        return principal.subject.map { "subject \($0)" } ?? "grants \(principal.grants.hashValue)"
    }
}
