// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP

/// One-time tickets, each of which lets in once, within a short time, what its owner may do.
///
/// A pure value.
struct Tickets {
    /// How long a ticket is valid.
    static let lifetime = Duration.seconds(30)

    private struct Entry {
        let principal: ProgressPrincipal
        let end: Duration
    }

    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var order: ArraySlice<(ticket: String, end: Duration)> = []

    /// No tickets yet; past the capacity the oldest go.
    init(capacity: Int = 10_000) {
        self.capacity = max(1, capacity)
    }

    /// How many have not been used, and may be.
    var count: Int { entries.count }

    /// Takes note of a new ticket.
    mutating func issue(_ ticket: String, to principal: ProgressPrincipal, now: Duration) {
        while let first = order.first, first.end <= now || order.count >= capacity {
            entries[first.ticket] = nil
            order.removeFirst()
        }
        let entry = Entry(principal: principal, end: now + Self.lifetime)
        entries[ticket] = entry
        order.append((ticket, entry.end))
    }

    /// Takes a ticket in: whoever comes with it a second time is refused.
    mutating func redeem(_ ticket: String, now: Duration) -> ProgressPrincipal? {
        guard let entry = entries.removeValue(forKey: ticket), now < entry.end else { return nil }
        return entry.principal
    }

    /// A new ticket: 192 random bits.
    static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return Base64URL.encode((0..<24).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }
}
