// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// Counts for each limit how many newcomers it has turned away, for all parts of a server together.
public final class LimitRefusals: Sendable {
    private let counts = Mutex<[ProgressLimit: UInt64]>([:])

    /// Counts that are all zero.
    public init() {}

    /// Counts one who was turned away.
    public func count(_ limit: ProgressLimit) {
        counts.withLock { $0[limit, default: 0] += 1 }
    }

    /// How many a limit has turned away.
    public subscript(limit: ProgressLimit) -> UInt64 {
        counts.withLock { $0[limit] ?? 0 }
    }
}
