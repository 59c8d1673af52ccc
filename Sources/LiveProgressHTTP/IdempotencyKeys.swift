// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Remembers what came of which `Idempotency-Key`: the newest ones, up to a number.
///
/// A pure value; whoever holds it locks. An outcome should be small, since so many are kept.
struct IdempotencyKeys<Outcome: Sendable> {
    /// What to do with a request that brings a key.
    enum Decision {
        /// Do what it asks for, or the rest of it where a part is done already, then ``IdempotencyKeys/finish(_:_:)``,
        /// ``IdempotencyKeys/suspend(_:_:)`` or ``IdempotencyKeys/forget(_:)``.
        case proceed(after: Outcome?)
        /// The same request came before and this came of it.
        case repeats(Outcome)
        /// The same request came before and is still being answered.
        case inUse
        /// Another request came with it.
        case reused
    }

    private enum Standing {
        case underway
        case suspended(Outcome)
        case done(Outcome)
    }

    private struct Entry {
        let fingerprint: Int
        var standing = Standing.underway
        let number: UInt64
    }

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

    /// Takes a key up.
    ///
    /// - Parameters:
    ///   - key: The key as it came.
    ///   - fingerprint: A hash of everything else that makes the request.
    /// - Returns: What to do with the request.
    mutating func begin(_ key: String, fingerprint: Int) -> Decision {
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

    /// Notes what came of a key.
    mutating func finish(_ key: String, _ outcome: Outcome) {
        entries[key]?.standing = .done(outcome)
    }

    /// Notes what was done before the request was refused: it may come again, and then goes on from there.
    mutating func suspend(_ key: String, _ outcome: Outcome) {
        entries[key]?.standing = .suspended(outcome)
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

extension IdempotencyKeys.Decision: Equatable where Outcome: Equatable {}
