// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgress

@Suite("A signal that fires once")
struct LatchTests {
    @Test("Waiters that come, are cancelled and are let go at the same time all return")
    func contention() async {
        for _ in 0..<200 {
            let latch = Latch()
            await withTaskGroup { group in
                for number in 0..<8 {
                    let waiter = Task { try await latch.wait() }
                    group.addTask {
                        if number.isMultiple(of: 2) { waiter.cancel() }
                        _ = await waiter.result
                    }
                }
                group.addTask { latch.fire() }
            }
            #expect(latch.hasFired)
        }
    }

    @Test("What is settled first stays")
    func settledOnce() async throws {
        let closed = Latch()
        closed.close(ProgressError(.ended, "over"))
        closed.fire()
        #expect(!closed.hasFired)
        await #expect(throws: ProgressError.self) { try await closed.wait() }
        let fired = Latch()
        fired.fire()
        fired.close(ProgressError(.ended, "over"))
        try await fired.wait()
        #expect(fired.hasFired)
    }
}
