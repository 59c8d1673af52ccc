// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import Testing

@testable import LiveProgress

@Suite("Work that was done before, skipped or found in a cache is no speed")
struct EstimatorJumpTests {
    /// A worker that does a unit every quarter of a second, and finds units done at some of its steps.
    struct Worker: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let jumps: [Int: Int64]

        init(_ name: String, _ jumps: [Int: Int64]) { (testDescription, self.jumps) = (name, jumps) }
    }

    static let workers: [Worker] = [
        Worker("none", [:]),
        Worker("in the first step", [1: 130]),
        Worker("in the second step", [2: 130]),
        Worker("in the first two steps", [1: 50, 2: 130]),
        Worker("in each of the first three steps", [1: 500, 2: 60, 3: 10_000]),
        Worker("in the fifth step", [5: 130]),
        Worker("in the middle", [40: 130]),
        Worker("in the middle, a huge one", [40: 1_000_000_000]),
        Worker("twice in the middle", [40: 130, 44: 600]),
        Worker("at the start and in the middle", [1: 130, 30: 400, 50: 90]),
        Worker("four times in a row", [30: 130, 31: 130, 32: 130, 33: 130]),
        Worker("a small one", [20: 30]),
    ]

    @Test("A jump leaves the rate as it is, wherever it comes", arguments: workers)
    func jump(worker: Worker) throws {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        var completed: Int64 = 0
        for step in 1...80 {
            let now = Duration.milliseconds(250 * step)
            completed += worker.jumps[step] ?? 1
            estimator.record(completed: completed, at: now)
            // Where there has been nothing but jumps nobody can tell.
            guard step > 7 || worker.jumps.isEmpty else { continue }
            let rate = try #require(estimator.throughput(at: now))
            #expect(rate > 2 && rate < 4.5, "\(rate) at step \(step)")
            let remaining = try #require(
                estimator.estimatedTimeRemaining(completed: completed, total: completed + 1200, at: now)
            )
            #expect(remaining > 250 && remaining < 600, "\(remaining) at step \(step)")
        }
    }

    @Test("The report of a resumed job: 130 of 1351 half a second after the start, then four a second")
    func resumed() throws {
        var estimator = Estimator()
        estimator.record(completed: 0, at: .zero)
        estimator.record(completed: 130, at: .milliseconds(500))
        for step in 1...20 as ClosedRange<Int64> {
            estimator.record(completed: 130 + step, at: .milliseconds(500 + 250 * step))
        }
        let rate = try #require(estimator.throughput(at: .milliseconds(5500)))
        #expect(rate > 3 && rate < 4.5, "\(rate)")
    }

    @Test("One step soon after the start is no speed, however long ago it was")
    func firstStepAlone() {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        for round in 0..<3 as Range<Int64> {
            let start = Duration.seconds(60 * round)
            let completed = 1000 * round
            estimator.reset(at: start, completed: completed)
            estimator.record(completed: completed + 800, at: start + .milliseconds(100))
            for age in [0, 400, 2000, 30_000] {
                #expect(
                    estimator.throughput(at: start + .milliseconds(100 + age)) == nil,
                    "round \(round), \(age) ms later"
                )
            }
        }
    }

    @Test(
        "Workers whose usual steps are large, or differ, keep their rate",
        arguments: [
            // A hundred at a time; batches among single units; a file's bytes, large ones taking as much longer.
            [100], [1, 1, 1, 1, 100], [1, 100], [1000, 1, 1], [3, 1, 4, 1, 5, 9, 2, 6],
        ] as [[Int64]]
    )
    func usualSteps(sizes: [Int64]) throws {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        var completed: Int64 = 0
        for step in 0..<400 {
            completed += sizes[step % sizes.count]
            estimator.record(completed: completed, at: .seconds(step + 1))
        }
        let rate = try #require(estimator.throughput(at: .seconds(400)))
        let mean = Double(sizes.reduce(0, +)) / Double(sizes.count)
        #expect(rate > 0.7 * mean && rate < 1.4 * mean, "\(rate) of \(mean)")
    }

    @Test("A large unit that took as long as it is large is no jump", arguments: [10, 100, 200] as [Int64])
    func largeFiles(size: Int64) throws {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        var (completed, now) = (Int64(0), Duration.zero)
        for step in 1...60 as ClosedRange<Int64> {
            let units = step % 20 == 0 ? size : 1
            now += .milliseconds(250 * units)
            completed += units
            estimator.record(completed: completed, at: now)
            let rate = try #require(estimator.throughput(at: now))
            #expect(abs(rate - 4) < 0.01, "\(rate) at step \(step)")
        }
    }

    @Test("A worker that becomes a hundred times as fast is believed after a few steps")
    func faster() throws {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        var completed: Int64 = 0
        for step in 1...400 as ClosedRange<Int64> {
            completed += step <= 100 ? 1 : 100
            estimator.record(completed: completed, at: .milliseconds(250 * step))
        }
        let rate = try #require(estimator.throughput(at: .seconds(100)))
        #expect(rate > 350 && rate < 401, "\(rate)")
    }
}
