// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressNIO

/// Decides when memory is given back to the system, which is after many connections have gone: a pure value.
struct MemoryReturn {
    /// From one look to the next.
    static let interval = Duration.seconds(3)
    /// How many connections make it worth the while.
    static let burst: UInt64 = 128
    /// How often it is done after a burst: a TLS connection keeps what it has for some seconds, in case of a goodbye.
    private static let repetitions = 3

    private var counted: UInt64 = 0
    private var left = 0

    /// Whether memory should be given back now.
    ///
    /// - Parameter closed: How many connections have gone since the beginning.
    /// - Returns: Whether it should.
    mutating func look(closed: UInt64) -> Bool {
        if closed - counted >= Self.burst {
            counted = closed
            left = Self.repetitions
        }
        guard left > 0 else { return false }
        left -= 1
        return true
    }

    /// Gives memory back after each burst, until the task is cancelled.
    static func run(_ registry: ConnectionRegistry) async {
        var decision = MemoryReturn()
        while (try? await Task.sleep(for: interval)) != nil {
            if decision.look(closed: registry.closedCount) { ProcessMemory.returnFreePieces() }
        }
    }
}
