// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import Synchronization
import Testing

@testable import LiveProgress

@Suite("Waiting for a wake")
struct WakeTests {
    private final class Counter: Sendable {
        private let count = Atomic(0)

        var value: Int { count.load(ordering: .sequentiallyConsistent) }

        @discardableResult
        func add() -> Int { count.add(1, ordering: .sequentiallyConsistent).newValue }
    }

    @Test("An earlier wake ends the next wait immediately, and only this wait")
    func early() async {
        let (signal, time) = (WakeSignal(), ManualClock())
        signal.wake()
        signal.wake()
        #expect(await signal.wait())
        #expect(await signal.wait(until: .zero, on: time.clock) == false, "two wakes before one wait count as one")
        signal.wake()
        #expect(await signal.wait(until: .zero, on: time.clock))
    }

    @Test("A wait ends at its deadline")
    func deadline() async {
        let (signal, time) = (WakeSignal(), ManualClock())
        let waiter = Task { await signal.wait(until: .seconds(5), on: time.clock) }
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(5))
        #expect(await waiter.value == false)
    }

    @Test("A cancelled task does not wait, whether it is cancelled before or during the wait")
    func cancelled() async {
        for _ in 0..<200 {
            let signal = WakeSignal()
            let waiter = Task { await signal.wait() }
            waiter.cancel()
            #expect(await waiter.value == false)
        }
    }

    @Test("Simultaneous wakes and cancellations resume each waiter once")
    func contention() async {
        for _ in 0..<200 {
            let (group, wakes) = (WakeGroup(), Counter())
            await withTaskGroup { tasks in
                for number in 0..<8 {
                    let waiter = Task {
                        try await group.wait { wakes.value > 0 ? number : nil }
                    }
                    tasks.addTask {
                        if number.isMultiple(of: 2) { waiter.cancel() }
                        let seen = try? await waiter.value
                        #expect(seen == number || number.isMultiple(of: 2))
                    }
                }
                tasks.addTask {
                    wakes.add()
                    group.wake()
                }
            }
            #expect(group.count == 0, "every wait must remove its signal")
        }
    }

    @Test("A group checks its condition after each wake, until the condition returns a value")
    func looking() async throws {
        let (group, looks, time) = (WakeGroup(), Counter(), ManualClock())
        let waiter = Task {
            try await group.wait(until: .seconds(60), on: time.clock) {
                let look = looks.add()
                return look > 3 ? look : nil
            }
        }
        while looks.value < 4 {
            group.wake()
            await Task.yield()
        }
        #expect(try await waiter.value == 4)
    }

    @Test("A removed signal is not woken")
    func removed() async {
        let (group, here, gone) = (WakeGroup(), WakeSignal(), WakeSignal())
        for signal in [here, gone] { group.add(signal) }
        group.remove(gone)
        group.wake()
        #expect(await here.wait())
        #expect(await gone.wait(until: .zero, on: ManualClock().clock) == false)
    }
}
