// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressServer

@Suite("The return of memory to the system")
struct MemoryReturnTests {
    /// Returns the decision of each check, given the number of closed connections at each check.
    private func decisions(_ closed: [UInt64]) -> [Bool] {
        var decision = MemoryReturn()
        return closed.map { decision.look(closed: $0) }
    }

    @Test("memory is returned at three checks after many connections closed, and not after few")
    func afterBursts() {
        let burst = MemoryReturn.burst
        #expect(decisions([0, 1, burst - 1]) == [false, false, false])
        #expect(decisions([burst, burst, burst + 1, burst + 2, burst + 3]) == [true, true, true, false, false])
    }

    @Test("connections that close gradually are counted together, and each burst starts again")
    func littleByLittle() {
        let burst = MemoryReturn.burst
        #expect(
            decisions([burst / 2, burst, burst, burst, burst, 2 * burst]) == [false, true, true, true, false, true]
        )
        #expect(decisions([burst, 2 * burst, 2 * burst, 2 * burst, 2 * burst]) == [true, true, true, true, false])
    }

    @Test("memory in use is unchanged after a return")
    func usable() {
        let before = (0..<10_000).map { "\($0) is a text of more bytes than fit into a string itself" }
        ProcessMemory.returnFreePieces()
        #expect(before.count == Set(before).count)
    }
}
