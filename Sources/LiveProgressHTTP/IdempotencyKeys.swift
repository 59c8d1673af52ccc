// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A bounded table of `Idempotency-Key` values and the outcomes of their requests.
///
/// The table is a pure value without a lock. An outcome should be small, because the table keeps many.
struct IdempotencyKeys<Outcome: Sendable> {
    /// The decision on a request with a key.
    enum Decision {
        /// Run the request, or the rest of a partly completed request.
        ///
        /// Then call ``IdempotencyKeys/finish(_:_:)``, ``IdempotencyKeys/suspend(_:_:)`` or
        /// ``IdempotencyKeys/forget(_:)``.
        case proceed(after: Outcome?)
        /// The request repeats a finished request with this outcome.
        case repeats(Outcome)
        /// The request repeats a request that is still running.
        case inUse
        /// The key belongs to a different request.
        case reused
    }

    private enum Standing {
        case underway
        case suspended(Outcome)
        case done(Outcome)
    }

    private struct Entry {
        let fingerprint: UInt64
        var standing = Standing.underway
        let number: UInt64
    }

    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var order: [(key: String, number: UInt64)] = []
    private var oldest = 0
    private var lastNumber: UInt64 = 0

    /// Creates an empty table.
    ///
    /// - Parameter capacity: The largest number of keys; the table removes the oldest keys first.
    init(capacity: Int) {
        self.capacity = max(capacity, 1)
    }

    /// The number of keys in the table.
    var count: Int { entries.count }

    /// The number of entries in the order of arrival, including entries of removed keys.
    var rememberedOrder: Int { order.count }

    /// Adds the key of a request, and decides what to do with the request.
    ///
    /// - Parameters:
    ///   - key: The name of the key.
    ///   - fingerprint: A hash of the rest of the request.
    /// - Returns: The decision on the request.
    mutating func begin(_ key: String, fingerprint: UInt64) -> Decision {
        if let entry = entries[key] {
            guard entry.fingerprint == fingerprint else { return .reused }
            switch entry.standing {
            case .underway: return .inUse
            case .done(let outcome): return .repeats(outcome)
            case .suspended(let outcome):
                entries[key]?.standing = .underway
                return .proceed(after: outcome)
            }
        }
        lastNumber += 1
        entries[key] = Entry(fingerprint: fingerprint, number: lastNumber)
        order.append((key, lastNumber))
        evict()
        return .proceed(after: nil)
    }

    /// Adds the key of a request that was finished before a restart.
    mutating func restore(_ key: String, fingerprint: UInt64, _ outcome: Outcome) {
        guard entries[key] == nil else { return }
        _ = begin(key, fingerprint: fingerprint)
        finish(key, outcome)
    }

    /// Returns the outcome of a request that has ended, completely or in part; `nil` if the table has none.
    func outcome(of key: String) -> Outcome? {
        switch entries[key]?.standing {
        case .suspended(let outcome), .done(let outcome): outcome
        case .underway, nil: nil
        }
    }

    /// Returns whether the table has a key.
    func contains(_ key: String) -> Bool { entries[key] != nil }

    /// Stores the outcome of a finished request.
    mutating func finish(_ key: String, _ outcome: Outcome) {
        entries[key]?.standing = .done(outcome)
    }

    /// Stores what a request did before it was refused; a repeat continues from there.
    mutating func suspend(_ key: String, _ outcome: Outcome) {
        entries[key]?.standing = .suspended(outcome)
    }

    /// Removes a key whose request changed nothing, or whose result no longer exists.
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

extension IdempotencyKeys.Decision: Equatable where Outcome: Equatable {}
