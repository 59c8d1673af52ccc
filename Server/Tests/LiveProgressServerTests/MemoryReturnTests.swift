// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressServer

@Suite("Memory is given back to the system")
struct MemoryReturnTests {
    /// What is decided at each look, where so many connections had gone by then.
    private func decisions(_ closed: [UInt64]) -> [Bool] {
        var decision = MemoryReturn()
        return closed.map { decision.look(closed: $0) }
    }

    @Test("three times after many connections have gone, and not while few do")
    func afterBursts() {
        let burst = MemoryReturn.burst
        #expect(decisions([0, 1, burst - 1]) == [false, false, false])
        #expect(decisions([burst, burst, burst + 1, burst + 2, burst + 3]) == [true, true, true, false, false])
    }

    @Test("also where they go little by little, and again for each burst")
    func littleByLittle() {
        let burst = MemoryReturn.burst
        #expect(
            decisions([burst / 2, burst, burst, burst, burst, 2 * burst]) == [false, true, true, true, false, true]
        )
        #expect(decisions([burst, 2 * burst, 2 * burst, 2 * burst, 2 * burst]) == [true, true, true, true, false])
    }

    @Test("and is still usable then")
    func usable() {
        let before = (0..<10_000).map { "\($0) is a text of more bytes than fit into a string itself" }
        ProcessMemory.returnFreePieces()
        #expect(before.count == Set(before).count)
    }
}
