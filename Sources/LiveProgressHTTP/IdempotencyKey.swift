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
    ///
    /// The hash is the same in every process, because a store keeps it.
    let fingerprint: UInt64

    /// The receipt that the journal keeps with the change.
    var receipt: StoredOperation.Receipt { StoredOperation.Receipt(key: name, fingerprint: fingerprint) }

    /// The identifier of the operation that a creation with this key makes, the same on every node.
    var operationID: ProgressID {
        var (first, second) = (FNV1a(), FNV1a())
        first.add(name.utf8)
        second.add("second".utf8)
        second.add(name.utf8)
        return ProgressID(bits: first.value, second.value)
    }

    /// Reads the key of a request; `nil` if the request has no key.
    ///
    /// - Throws: A 400 if the key is malformed.
    init?(of call: APICall) throws(Refusal) {
        guard let key = call[.idempotencyKey] else { return nil }
        guard Self.isValid(key) else { throw Refusal(Problems.malformedKey) }
        var hash = FNV1a()
        let operation: ProgressID?
        switch call.route {
        case .collection: operation = nil
        case .operation(let id): operation = id
        case .cancel(let id):
            operation = id
            hash.add("cancel".utf8)
        case .answer(let id):
            operation = id
            hash.add("answer".utf8)
        }
        hash.add(call.request.method.rawValue.utf8)
        hash.add((call[.contentType] ?? "").utf8)
        hash.add(call.body)
        fingerprint = hash.value
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
        if let subject = principal.subject { return "subject \(subject)" }
        var hash = FNV1a()
        for grant in principal.grants { hash.add(grant.stableText.utf8) }
        return "grants \(hash.value)"
    }
}

/// The hash FNV-1a of 64 bits (Fowler, Noll, Vo; RFC 9923), over texts that are each followed by a zero byte.
private struct FNV1a {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
        value = value &* 0x100_0000_01b3
    }
}

extension ProgressGrant {
    /// A text that is the same in every process for equal grants.
    fileprivate var stableText: String {
        let permissions = permissions.map(\.rawValue).sorted().joined(separator: " ")
        func text(_ labels: [String: String]) -> String {
            labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
        }
        switch scope {
        case .everything: return "\(permissions) everything"
        case .operation(let id): return "\(permissions) operation \(id)"
        case .labels(let labels): return "\(permissions) labels \(text(labels))"
        case .run(let id, let epoch, let labels): return "\(permissions) run \(id) \(epoch) \(text(labels))"
        }
    }
}
