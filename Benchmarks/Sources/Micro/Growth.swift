// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire

/// The growth of a cost with a size: the exponent of the power law that fits the measurements best.
///
/// An exponent of 0 means a constant cost; 1 means that the cost grows linearly with the size.
struct Growth: Sendable {
    /// The name of the cost and of the size.
    let name: String
    /// The measured sizes.
    let sizes: [Int]
    /// The highest accepted exponent.
    let limit: Double
    /// Makes the loop to measure at a size; the loop makes the given number of calls.
    let prepare: @Sendable (_ size: Int) throws -> (_ calls: Int) throws -> Void

    /// Measures and prints all costs; returns whether every exponent is within its limit.
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

    /// Returns the median time of a call at each size; each round measures all sizes in turn.
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

    /// Returns the slope of the straight line that fits the logarithms best.
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
