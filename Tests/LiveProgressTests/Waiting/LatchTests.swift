// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgress

@Suite("The latch")
struct LatchTests {
    @Test("All waiters return, even if they wait, are cancelled and are released at the same time")
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

    @Test("The first call of fire or close decides")
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
