// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

struct Estimator: Sendable {
    mutating func record(completed: Int64, at now: Duration) {}
    func throughput(at now: Duration) -> Double? { nil }
    func estimatedTimeRemaining(completed: Int64, total: Int64?, at now: Duration) -> Double? { nil }
}
