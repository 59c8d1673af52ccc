// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressGrammar

/// The `Idempotency-Key` of a request; a repeat of the request with the same key changes nothing more.
struct IdempotencyKey {
    /// The longest key, in characters.
    static let maximumLength = 255

    /// The name under which the server stores the key: the operation (empty for a creation), the key, and its owner.
    let name: String
    /// A hash of the rest of the request: the method, the content type, the body, and whether the request cancels.
    let fingerprint: Int

    /// Reads the key of a request; `nil` if the request has no key.
    ///
    /// - Throws: A 400 if the key is malformed.
    init?(of call: APICall) throws(Refusal) {
        guard let key = call[.idempotencyKey] else { return nil }
        guard Self.isValid(key) else { throw Refusal(Problems.malformedKey) }
        var hasher = Hasher()
        let operation: ProgressID?
        switch call.route {
        case .collection: operation = nil
        case .operation(let id): operation = id
        case .cancel(let id):
            operation = id
            hasher.combine("cancel")
        }
        hasher.combine(call.request.method)
        hasher.combine(call[.contentType])
        hasher.combine(call.body)
        fingerprint = hasher.finalize()
        // An identifier and a key contain no line break, so the name is unambiguous.
        name = "\(operation?.rawValue ?? "")\n\(key)\n\(Self.owner(call.permissions.principal))"
    }

    /// Returns whether a text is a valid key: 1 to 255 printable ASCII characters, quoted or not.
    static func isValid(_ key: String) -> Bool {
        (1...maximumLength).contains(key.utf8.count) && ByteSet.printable.containsAll(of: key.utf8)
    }

    /// Returns the owner of a key: the principal's subject, or a hash of its grants if the principal has no subject.
    private static func owner(_ principal: ProgressPrincipal?) -> String {
        guard let principal else { return "" }
        return principal.subject.map { "subject \($0)" } ?? "grants \(principal.grants.hashValue)"
    }
}
