// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire

/// How a cost grows with a size: the exponent of the power law that fits the measurements best.
///
/// An exponent of 0 is a constant cost, 1 grows as the size does.
struct Growth: Sendable {
    /// What grows with what.
    let name: String
    /// The sizes that are measured.
    let sizes: [Int]
    /// The highest exponent that is no defect.
    let limit: Double
    /// Makes what is measured at a size: a loop of so many calls.
    let prepare: @Sendable (_ size: Int) throws -> (_ calls: Int) throws -> Void

    /// Measures and prints all; gives whether every exponent keeps its limit.
    static func measure(rounds: Int) throws -> Bool {
        print("growth: nanoseconds of processor time a call at each size, and the exponent")
        var areAllGood = true
        for growth in all {
            let costs = try growth.costs(rounds: rounds)
            let exponent = slope(growth.sizes.map(Double.init), costs)
            let isGood = exponent <= growth.limit
            areAllGood = areAllGood && isGood
            let points = zip(growth.sizes, costs).map { "\($0): \(fixed($1))" }.joined(separator: "  ")
            let verdict = isGood ? "" : "  over \(fixed(growth.limit))"
            let shown = padded(fixed(exponent, digits: 2), to: 6, left: true)
            print("  \(padded(growth.name, to: 38))\(shown)\(verdict)   \(points)")
        }
        return areAllGood
    }

    /// The least time of a call at each size; the sizes are measured in turn, round by round.
    private func costs(rounds: Int) throws -> [Double] {
        var costs = sizes.map { _ in Rounds() }
        let loops = try sizes.map { try prepare($0) }
        let batches = try loops.map(Self.calibrate)
        for _ in 0..<rounds {
            for (index, loop) in loops.enumerated() {
                costs[index].add(try Self.time(loop, calls: batches[index]))
            }
        }
        return costs.map(\.median)
    }

    private static func calibrate(_ loop: (Int) throws -> Void) throws -> Int {
        var calls = 1
        while calls < 1_000_000, try time(loop, calls: calls) * Double(calls) < 2e6 { calls *= 2 }
        return calls
    }

    private static func time(_ loop: (Int) throws -> Void, calls: Int) throws -> Double {
        let start = threadNanoseconds()
        try loop(calls)
        return (threadNanoseconds() - start) / Double(calls)
    }

    /// The slope of the straight line that fits best in the logarithms of both.
    private static func slope(_ sizes: [Double], _ costs: [Double]) -> Double {
        let x = sizes.map(logarithm)
        let y = costs.map { logarithm(max($0, 0.1)) }
        let meanX = x.reduce(0, +) / Double(x.count)
        let meanY = y.reduce(0, +) / Double(y.count)
        var (covariance, variance) = (0.0, 0.0)
        for index in x.indices {
            covariance += (x[index] - meanX) * (y[index] - meanY)
            variance += (x[index] - meanX) * (x[index] - meanX)
        }
        return covariance / variance
    }
}
