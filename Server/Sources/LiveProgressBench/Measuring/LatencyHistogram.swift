// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A histogram of latencies of fixed size, with a resolution of 1.6 %: the width of a bucket grows with the latency.
struct LatencyHistogram: Sendable {
    /// The number of buckets for each power of two.
    private static let fineness = 64

    /// The number of added latencies.
    private(set) var count = 0
    private var buckets = [Int](repeating: 0, count: fineness * 59)

    /// Adds a latency in nanoseconds.
    mutating func add(_ latency: UInt64) {
        buckets[Self.bucket(of: latency)] += 1
        count += 1
    }

    /// Returns the percentile for a share, such as 0.99, in nanoseconds, or `nil` without latencies.
    func percentile(_ share: Double) -> UInt64? {
        guard count > 0 else { return nil }
        var rest = Int((Double(count) * min(max(share, 0), 1)).rounded(.up))
        for (index, bucket) in buckets.enumerated() where bucket > 0 {
            rest -= bucket
            if rest <= 0 { return Self.start(of: index) }
        }
        return nil
    }

    private static func bucket(of latency: UInt64) -> Int {
        guard latency >= fineness else { return Int(latency) }
        let power = 63 - latency.leadingZeroBitCount
        return (power - 5) * fineness + Int(latency >> UInt64(power - 6)) - fineness
    }

    private static func start(of index: Int) -> UInt64 {
        guard index >= fineness else { return UInt64(index) }
        let shift = UInt64(index / fineness - 1)
        return UInt64(index % fineness + fineness) << shift
    }
}
