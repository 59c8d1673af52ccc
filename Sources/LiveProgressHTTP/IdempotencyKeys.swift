// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// Remembers which operation came of which `Idempotency-Key`: the newest ones, up to a number.
///
/// A pure value; whoever holds it locks.
struct IdempotencyKeys {
    /// What to do with a request that brings a key.
    enum Decision: Equatable {
        /// Nobody has used it: create, then ``IdempotencyKeys/finish(_:id:)`` or ``IdempotencyKeys/forget(_:)``.
        case create
        /// The same request came before and made this.
        case repeats(ProgressID)
        /// The same request came before and is still being answered.
        case inUse
        /// Another request came with it.
        case reused
    }

    private struct Entry {
        let fingerprint: Int
        var id: ProgressID?
        let number: UInt64
    }

    /// The longest key, in characters.
    static let maximumLength = 255

    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var order: [(key: String, number: UInt64)] = []
    private var oldest = 0
    private var lastNumber: UInt64 = 0

    /// An empty memory.
    ///
    /// - Parameter capacity: How many keys are remembered; the oldest are forgotten first.
    init(capacity: Int) {
        self.capacity = max(capacity, 1)
    }

    /// How many keys are remembered.
    var count: Int { entries.count }

    /// How many entries stand in the order of arrival, dead ones among them.
    var rememberedOrder: Int { order.count }

    /// Whether a text can be a key: printable ASCII, quoted or not.
    static func isValid(_ key: String) -> Bool {
        (1...maximumLength).contains(key.utf8.count) && key.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    }

    /// Takes a key up.
    ///
    /// - Parameters:
    ///   - key: The key as it came.
    ///   - fingerprint: A hash of everything else that makes the request.
    /// - Returns: What to do with the request.
    mutating func begin(_ key: String, fingerprint: Int) -> Decision {
        if let entry = entries[key] {
            guard entry.fingerprint == fingerprint else { return .reused }
            return entry.id.map(Decision.repeats) ?? .inUse
        }
        lastNumber += 1
        entries[key] = Entry(fingerprint: fingerprint, id: nil, number: lastNumber)
        order.append((key, lastNumber))
        evict()
        return .create
    }

    /// Notes what came of a key.
    mutating func finish(_ key: String, id: ProgressID) {
        entries[key]?.id = id
    }

    /// Forgets a key, because its request made nothing or what it made is gone.
    mutating func forget(_ key: String) {
        entries[key] = nil
    }

    private mutating func evict() {
        while entries.count > capacity, oldest < order.count {
            let (key, number) = order[oldest]
            oldest += 1
            if entries[key]?.number == number { entries[key] = nil }
        }
        guard order.count > 2 * capacity + 64 else { return }
        order = order[oldest...].filter { entries[$0.key]?.number == $0.number }
        oldest = 0
    }
}
