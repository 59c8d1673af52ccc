// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import Testing

@testable import LiveProgress

/// All times are arguments; no test waits or reads a clock.
@Suite("The estimator of throughput and remaining time")
struct EstimatorTests {
    /// Checks that each estimate is `nil` or a value that can be displayed.
    private func expectSane(
        _ estimator: Estimator,
        completed: Int64,
        at now: Duration,
        location: SourceLocation = #_sourceLocation
    ) {
        for total in [nil, 0, 1, completed, .max] as [Int64?] {
            guard
                let remaining = estimator.estimatedTimeRemaining(completed: completed, total: total, at: now)
            else { continue }
            #expect(remaining >= 0 && remaining <= 10 * 365.25 * 86_400, sourceLocation: location)
        }
        guard let rate = estimator.throughput(at: now) else { return }
        #expect(rate > 0 && rate.isFinite, sourceLocation: location)
    }

    @Test("Before the first step, the estimates are unknown")
    func unknownAtFirst() {
        var estimator = Estimator()
        #expect(estimator.throughput(at: .seconds(5)) == nil)
        estimator.reset(at: .seconds(5))
        #expect(estimator.throughput(at: .seconds(6)) == nil)
        #expect(estimator.estimatedTimeRemaining(completed: 0, total: 10, at: .seconds(6)) == nil)
        estimator.record(completed: 0, at: .seconds(7))
        #expect(estimator.throughput(at: .seconds(8)) == nil)
    }

    @Test("Without a total, there is no remaining time; after the total is reached, the remaining time is zero")
    func totals() {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        estimator.record(completed: 10, at: .seconds(1))
        #expect(estimator.estimatedTimeRemaining(completed: 10, total: nil, at: .seconds(1)) == nil)
        #expect(estimator.estimatedTimeRemaining(completed: 10, total: 10, at: .seconds(1)) == 0)
        #expect(estimator.estimatedTimeRemaining(completed: 10, total: 5, at: .seconds(1)) == 0)
    }

    @Test("A steady worker gets its exact rate from the first step", arguments: [1, 4, 60, 7200] as [Int64])
    func steady(secondsPerStep: Int64) throws {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        for step in 1...50 as ClosedRange<Int64> {
            let now = Duration.seconds(step * secondsPerStep)
            estimator.record(completed: step * 3, at: now)
            let rate = try #require(estimator.throughput(at: now))
            #expect(abs(rate * Double(secondsPerStep) - 3) < 1e-6)
            let remaining = try #require(estimator.estimatedTimeRemaining(completed: step * 3, total: 300, at: now))
            #expect(abs(remaining - Double((100 - step) * secondsPerStep)) < 0.001)
        }
    }

    @Test("A hundred units every ten seconds give a rate of about ten a second, in bursts and in pauses")
    func bursty() throws {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        var completed: Int64 = 0
        for burst in 1...20 as ClosedRange<Int64> {
            let start = Duration.seconds(burst * 10)
            for unit in 0..<100 as Range<Int64> {
                completed += 1
                estimator.record(completed: completed, at: start + .milliseconds(unit))
            }
            guard burst > 3 else { continue }
            for phase in [0, 1, 5, 9] as [Int64] {
                let now = start + .milliseconds(100) + .seconds(phase)
                let rate = try #require(estimator.throughput(at: now))
                #expect(rate > 7 && rate < 14, "\(rate) \(phase) s after burst \(burst)")
            }
        }
    }

    @Test("With one step every ten minutes, the rate stays constant and the remaining time counts down")
    func oneStepEveryTenMinutes() throws {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        #expect(estimator.throughput(at: .seconds(599)) == nil)
        for step in 1...5 as ClosedRange<Int64> {
            estimator.record(completed: step, at: .seconds(step * 600))
            for age in [0, 100, 599] as [Int64] {
                let now = Duration.seconds(step * 600 + age)
                let rate = try #require(estimator.throughput(at: now))
                #expect(abs(rate * 600 - 1) < 1e-6)
                let remaining = try #require(estimator.estimatedTimeRemaining(completed: step, total: 10, at: now))
                #expect(abs(remaining - Double((10 - step) * 600 - age)) < 0.01)
            }
        }
    }

    @Test("Ten units completed within milliseconds count as one batch of ten", arguments: [0, 1, 5] as [Int64])
    func tenWorkersTogether(millisecondsBetween: Int64) throws {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        var completed: Int64 = 0
        for batch in 1...10 as ClosedRange<Int64> {
            for worker in 0..<10 as Range<Int64> {
                completed += 1
                estimator.record(
                    completed: completed,
                    at: .seconds(batch * 60) + .milliseconds(worker * millisecondsBetween)
                )
            }
            let rate = try #require(estimator.throughput(at: .seconds(batch * 60 + 1)))
            #expect(abs(rate * 6 - 1) < 0.05, "\(rate) after batch \(batch)")
        }
    }

    @Test("During a stall, the rate falls and becomes unknown; after the stall, the rate recovers")
    func stall() throws {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        for step in 1...600 as ClosedRange<Int64> {
            estimator.record(completed: step, at: .milliseconds(step * 100))
        }
        var before = try #require(estimator.throughput(at: .seconds(60)))
        #expect(abs(before - 10) < 0.1)
        for age in stride(from: 5, through: 50, by: 5) as StrideThrough<Int64> {
            let rate = try #require(estimator.throughput(at: .seconds(60 + age)))
            #expect(rate < before)
            before = rate
        }
        #expect(estimator.throughput(at: .seconds(60 + 61)) == nil)
        #expect(estimator.estimatedTimeRemaining(completed: 600, total: 700, at: .seconds(60 + 61)) == nil)
        for step in 1...1200 as ClosedRange<Int64> {
            estimator.record(completed: 600 + step, at: .seconds(3660) + .milliseconds(step * 100))
        }
        let after = try #require(estimator.throughput(at: .seconds(3780)))
        #expect(after > 7 && after <= 10.1, "\(after)")
    }

    @Test("A long wait before the first step soon has no effect on the rate")
    func longFirstGap() throws {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        for step in 0..<900 as Range<Int64> {
            estimator.record(completed: step + 1, at: .seconds(3600) + .milliseconds(step * 100))
        }
        let rate = try #require(estimator.throughput(at: .seconds(3690)))
        #expect(rate > 6 && rate <= 10.1, "\(rate)")
    }

    @Test("A clock that stands still gives no rate; a clock that goes back gives no invalid estimate")
    func clockNotMoving() {
        var estimator = Estimator()
        estimator.reset(at: .seconds(5))
        for step in 1...1000 as ClosedRange<Int64> {
            estimator.record(completed: step, at: .seconds(5))
            expectSane(estimator, completed: step, at: .seconds(5))
        }
        #expect(estimator.throughput(at: .seconds(5)) == nil)
        estimator.record(completed: 2000, at: .seconds(1))
        expectSane(estimator, completed: 2000, at: .seconds(-100))
        #expect(estimator.throughput(at: .seconds(1)) == nil)
    }

    @Test("A lower count removes its units from the rate, and the rate is never negative")
    func correctedDownwards() throws {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        estimator.record(completed: 100, at: .seconds(10))
        estimator.record(completed: 40, at: .seconds(10))
        #expect(try abs(#require(estimator.throughput(at: .seconds(10))) - 4) < 1e-6)
        estimator.record(completed: 0, at: .seconds(11))
        #expect(estimator.throughput(at: .seconds(11)) == nil)
        estimator.record(completed: 5, at: .seconds(12))
        #expect(try abs(#require(estimator.throughput(at: .seconds(12))) - 5) < 1e-6)
        estimator.record(completed: .min, at: .seconds(13))
        expectSane(estimator, completed: .min, at: .seconds(14))
    }

    @Test("Ten million advances in one second give a rate of ten million a second")
    func tenMillionInOneSecond() throws {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        // Each hundred calls share one instant, and the instants are ten microseconds apart.
        for instant in 1...100_000 as ClosedRange<Int64> {
            let now = Duration.microseconds(instant * 10)
            for unit in 1...100 as ClosedRange<Int64> {
                estimator.record(completed: (instant - 1) * 100 + unit, at: now)
            }
        }
        let rate = try #require(estimator.throughput(at: .seconds(1)))
        #expect(abs(rate / 10_000_000 - 1) < 0.001)
    }

    @Test("Estimates are never negative, infinite or above ten years")
    func neverAbsurd() {
        var random = SeededGenerator(seed: 42)
        for _ in 0..<300 {
            var estimator = Estimator()
            var now = Duration.zero
            var completed: Int64 = 0
            for _ in 0..<100 {
                now += Duration.nanoseconds(
                    Int64.random(in: -1000...1_000_000_000_000 >> Int64.random(in: 0...40), using: &random)
                )
                switch Int.random(in: 0..<20, using: &random) {
                case 0: completed = .max
                case 1: completed = .min
                case 2: completed = Int64.random(in: 0...completed.magnitudeClamped, using: &random)
                case 3: estimator.reset(at: now)
                default:
                    completed = completed.addingReportingOverflow(.random(in: 0...1000, using: &random)).partialValue
                }
                estimator.record(completed: completed, at: now)
                expectSane(estimator, completed: completed, at: now)
                expectSane(
                    estimator,
                    completed: completed,
                    at: now + .seconds(Int64.random(in: 0...10_000, using: &random))
                )
            }
        }
    }

    @Test("There is no remaining time if the rest would take centuries")
    func centuries() {
        var estimator = Estimator()
        estimator.reset(at: .zero)
        estimator.record(completed: 1, at: .seconds(3600))
        #expect(estimator.throughput(at: .seconds(3600)) != nil)
        #expect(estimator.estimatedTimeRemaining(completed: 1, total: .max, at: .seconds(3600)) == nil)
    }
}

extension Int64 {
    fileprivate var magnitudeClamped: Int64 { self < 0 ? 0 : self }
}
