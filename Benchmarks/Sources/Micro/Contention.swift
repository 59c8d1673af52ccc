// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Dispatch
import LiveProgress
import Synchronization

/// Compares two reporting threads with one: both on the same operation, or each on its own.
struct Contention {
    /// The time of one call in one round.
    private struct Round {
        let wall: Double
        let own: Double
    }

    private static let calls = 200_000

    /// Measures and prints the scaling: the calls of two threads divided by the calls of one thread in the same time.
    static func measure(rounds: Int) throws {
        print("\ntwo threads: how many times what one gets done, by the wall clock and by processor time")
        for (name, body) in [("update", Bench.update), ("advance", Bench.advance)] {
            var (sameWall, apartWall, sameOwn, apartOwn) = (Rounds(), Rounds(), Rounds(), Rounds())
            for _ in 0..<rounds {
                let one = run([try Bench()], body)
                let bench = try Bench()
                let same = run([bench, bench], body)
                let apart = run([try Bench(), try Bench()], body)
                sameWall.add(2 * one.wall / same.wall)
                apartWall.add(2 * one.wall / apart.wall)
                sameOwn.add(2 * one.own / same.own)
                apartOwn.add(2 * one.own / apart.own)
            }
            print("  \(name), one operation   wall\(sameWall.description)   own\(sameOwn.description)")
            print("  \(name), two operations  wall\(apartWall.description)   own\(apartOwn.description)")
        }
    }

    /// Runs a loop on each operation at the same time, on separate threads; returns the times of the slower one.
    private static func run(_ benches: [Bench], _ body: @escaping @Sendable (Bench) -> (Int) -> Void) -> Round {
        let gate = Gate(benches.count)
        let slowest = Mutex(Round(wall: 0, own: 0))
        let group = DispatchGroup()
        for bench in benches {
            DispatchQueue(label: "worker").async(group: group) {
                let loop = body(bench)
                loop(1000)
                gate.passTogether()
                let (wall, own) = (wallNanoseconds(), threadNanoseconds())
                loop(calls)
                let round = Round(wall: wallNanoseconds() - wall, own: threadNanoseconds() - own)
                slowest.withLock { $0 = Round(wall: max($0.wall, round.wall), own: max($0.own, round.own)) }
            }
        }
        group.wait()
        return slowest.withLock { $0 }
    }
}

/// Starts threads together: they spin until all are ready, so that they start within nanoseconds of each other.
private final class Gate: Sendable {
    private let missing: Atomic<Int>

    init(_ count: Int) { missing = Atomic(count) }

    func passTogether() {
        missing.subtract(1, ordering: .acquiringAndReleasing)
        while missing.load(ordering: .acquiring) > 0 {}
    }
}
