// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// The number of refusals by each limit, for all parts of a server together.
public final class LimitRefusals: Sendable {
    private let counts = Mutex<[ProgressLimit: UInt64]>([:])

    /// Creates counts that are all zero.
    public init() {}

    /// Adds one refusal by a limit.
    @_spi(Server) public func count(_ limit: ProgressLimit) {
        counts.withLock { $0[limit, default: 0] += 1 }
    }

    /// The number of refusals by a limit.
    public subscript(limit: ProgressLimit) -> UInt64 {
        counts.withLock { $0[limit] ?? 0 }
    }
}
