// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import Testing

@testable import LiveProgress

@Suite("Jumps of the count do not change the rate")
struct EstimatorJumpTests {
    /// A worker that completes one unit every 250 ms; in some steps, the count jumps by more units.
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

    @Test("A jump of the count does not change the rate, in any step", arguments: workers)
    func jump(worker: Worker) throws {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        var completed: Int64 = 0
        for step in 1...80 {
            let now = Duration.milliseconds(250 * step)
            completed += worker.jumps[step] ?? 1
            estimator.record(completed: completed, at: now)
            // The first steps may be jumps only, and jumps alone give no rate.
            guard step > 7 || worker.jumps.isEmpty else { continue }
            let rate = try #require(estimator.throughput(at: now))
            #expect(rate > 2 && rate < 4.5, "\(rate) at step \(step)")
            let remaining = try #require(
                estimator.estimatedTimeRemaining(completed: completed, total: completed + 1200, at: now)
            )
            #expect(remaining > 250 && remaining < 600, "\(remaining) at step \(step)")
        }
    }

    @Test("A resumed job starts with a jump of 130 units and gets the rate of its later units")
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

    @Test("A single step soon after the start gives no rate, even much later")
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
        "Workers with large or unequal steps keep their rate",
        arguments: [
            // Steps of a hundred units, large steps among small steps, and unequal small steps.
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

    @Test("A large step that takes proportionally long is not a jump", arguments: [10, 100, 200] as [Int64])
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

    @Test("The rate follows a worker that becomes a hundred times faster")
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
