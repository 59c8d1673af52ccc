// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

extension ProgressService {
    /// What a service does by default, and its limits.
    public struct Configuration: Sendable {
        /// How many revisions of each operation are kept to be replayed; at least 1.
        public var journalCapacity = 64
        /// How long an operation can be asked for after its end.
        public var retention = Duration.seconds(24 * 60 * 60)
        /// How long it is remembered after that, or after being deleted, that it was there.
        public var tombstoneRetention = Duration.seconds(24 * 60 * 60)
        /// How often watchers see a tick at the most.
        public var publishInterval = Duration.milliseconds(33)
        /// How long a remote worker may be silent before its operation is stalled.
        public var lease = Duration.seconds(60)
        /// How long a stalled operation waits for its worker before it fails as worker-lost.
        public var leaseGrace = Duration.seconds(5 * 60)
        /// How many operations the service holds at the most; past it, creating is refused.
        public var maximumOperations = 100_000
        /// Bytes of the reports of remote workers that are kept of all operations together.
        ///
        /// Past it, creating is refused, and of operations that are reported on only the newest revision is kept.
        public var maximumHistoryBytes = 1 << 30
        /// Bytes of such reports that are kept of one operation; past it, its oldest revisions go.
        public var maximumHistoryBytesPerOperation = 4 << 20
        /// Where the service reads the time.
        public var clock = ProgressClock.system
        /// Makes identifiers.
        public var makeID: @Sendable () -> ProgressID = { ProgressID() }
        /// Makes epochs, the random tokens of journals' lives: 1 to 32 letters and digits.
        public var makeEpoch: @Sendable () -> String = { String(UInt64.random(in: .min ... .max), radix: 36) }

        /// The defaults.
        public init() {}
    }
}
