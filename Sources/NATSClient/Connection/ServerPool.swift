// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The servers of a cluster, and the order and the delays in which a client tries them: a pure state machine.
///
/// The configured servers are always in the pool. Servers that a cluster names are added and removed as it names them.
/// A client that loses its server tries the others first, without a delay. After a round in which each server was tried in
/// vain, it waits: the n-th wait is random, between half of `base * 2^n` and all of it, and at most `maximum`.
struct ServerPool: Sendable {
    private let configured: [NATSAddress]
    private let base: Duration
    private let maximum: Duration
    /// All servers; the first one is the next to try.
    private(set) var servers: [NATSAddress]
    private var triesInRound = 0
    private var rounds = 0

    /// Creates a pool.
    ///
    /// - Parameters:
    ///   - configured: At least one address.
    ///   - shuffled: The same addresses, in the order in which they are tried.
    ///   - base: The longest first wait.
    ///   - maximum: The longest wait.
    init(_ configured: [NATSAddress], shuffled: [NATSAddress], base: Duration, maximum: Duration) {
        self.configured = configured
        servers = shuffled
        self.base = base
        self.maximum = maximum
    }

    /// Returns the server to try next, and the delay before the try; `random` is from 0 to 1.
    mutating func next(random: Double) -> (server: NATSAddress, delay: Duration) {
        var delay = Duration.zero
        if triesInRound >= servers.count {
            // 2^20 times any sensible base is more than any sensible maximum.
            let ceiling = min(maximum, base * (1 << min(rounds, 20)))
            delay = ceiling * (0.5 + 0.5 * min(1, max(0, random)))
            rounds += 1
            triesInRound = 0
        }
        triesInRound += 1
        let server = servers.removeFirst()
        servers.append(server)
        return (server, delay)
    }

    /// Notes that the client is connected, so the next loss starts with short delays.
    mutating func noteSuccess() {
        rounds = 0
        // The server that is lost next is the last one in the order; the others are tried without a delay.
        triesInRound = 0
    }

    /// Takes over the addresses that a server names; without any, the known servers stay.
    mutating func noteCluster(_ addresses: [String], of server: NATSAddress) {
        let named = addresses.compactMap { server.sibling(at: $0) }
        guard !named.isEmpty else { return }
        let known = Set((configured + [server] + named).map(\.place))
        servers.removeAll { !known.contains($0.place) }
        for address in named where !servers.contains(where: { $0.place == address.place }) {
            servers.insert(address, at: 0)
        }
    }

    /// Whether a client that leaves its server has another one to go to.
    var hasOthers: Bool { servers.count > 1 }
}

extension NATSAddress {
    /// The part of an address that says which server it is.
    fileprivate var place: String { "\(host):\(port)" }
}
