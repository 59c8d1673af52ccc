// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressHTTP

/// The unused one-time tickets; a ticket grants its principal's permissions once, within a short time.
///
/// A pure value.
struct Tickets {
    /// The lifetime of a ticket.
    static let lifetime = Duration.seconds(30)

    private struct Entry {
        let principal: ProgressPrincipal
        let end: Duration
    }

    private let capacity: Int
    private var entries: [String: Entry] = [:]
    private var order: ArraySlice<(ticket: String, end: Duration)> = []

    /// Creates an empty collection; past the capacity, a new ticket removes the oldest ticket.
    init(capacity: Int = 10_000) {
        self.capacity = max(1, capacity)
    }

    /// The number of stored tickets.
    var count: Int { entries.count }

    /// Stores a new ticket for a principal.
    mutating func issue(_ ticket: String, to principal: ProgressPrincipal, now: Duration) {
        while let first = order.first, first.end <= now || order.count >= capacity {
            entries[first.ticket] = nil
            order.removeFirst()
        }
        let entry = Entry(principal: principal, end: now + Self.lifetime)
        entries[ticket] = entry
        order.append((ticket, entry.end))
    }

    /// Removes a ticket and returns its principal, or `nil` if the ticket is unknown, used or expired.
    mutating func redeem(_ ticket: String, now: Duration) -> ProgressPrincipal? {
        guard let entry = entries.removeValue(forKey: ticket), now < entry.end else { return nil }
        return entry.principal
    }

    /// Returns a new ticket of 192 random bits.
    static func make() -> String {
        var random = SystemRandomNumberGenerator()
        return Base64URL.encode((0..<24).map { _ in UInt8.random(in: .min ... .max, using: &random) })
    }
}
