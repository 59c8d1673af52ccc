// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressNIO

/// The decision when to return free memory to the system: after many connections have closed.
///
/// A pure value.
struct MemoryReturn {
    /// The time between two checks.
    static let interval = Duration.seconds(3)
    /// The number of closed connections that makes returning memory worthwhile.
    static let burst: UInt64 = 128
    /// The number of returns after a burst; several, because a closed TLS connection keeps its memory for some seconds.
    private static let repetitions = 3

    private var counted: UInt64 = 0
    private var left = 0

    /// Checks the number of closed connections.
    ///
    /// - Parameter closed: The number of connections that have closed since the server started.
    /// - Returns: Whether to return memory now.
    mutating func look(closed: UInt64) -> Bool {
        if closed - counted >= Self.burst {
            counted = closed
            left = Self.repetitions
        }
        guard left > 0 else { return false }
        left -= 1
        return true
    }

    /// Returns memory after each burst of closed connections, until the task is cancelled.
    static func run(_ registry: ConnectionRegistry) async {
        var decision = MemoryReturn()
        while (try? await Task.sleep(for: interval)) != nil {
            if decision.look(closed: registry.closedCount) { ProcessMemory.returnFreePieces() }
        }
    }
}
