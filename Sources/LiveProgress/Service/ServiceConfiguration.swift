// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

extension ProgressService {
    /// The settings and limits of a service.
    public struct Configuration: Sendable {
        /// The number of revisions of each operation that are kept for replay; at least 1.
        public var journalCapacity = 64
        /// The time for which an operation stays available after its end.
        public var retention = Duration.seconds(24 * 60 * 60)
        /// The time for which the service remembers that an operation was deleted or has expired.
        public var tombstoneRetention = Duration.seconds(24 * 60 * 60)
        /// The shortest time between two ticks that a watcher receives.
        public var publishInterval = Duration.milliseconds(33)
        /// The time that a remote worker may be silent before its operation is stalled.
        public var lease = Duration.seconds(60)
        /// The time that a stalled operation waits for its worker before it fails as worker-lost.
        public var leaseGrace = Duration.seconds(5 * 60)
        /// The time that an operation waits after a restart, if its worker was in the process that ended.
        ///
        /// ``ProgressService/resumeProgress(_:)`` continues such an operation; otherwise it fails as worker-lost.
        public var localGrace = Duration.seconds(30)
        /// The longest time between a report and its commit to the store, unless a caller waits for the commit.
        public var commitInterval = Duration.milliseconds(100)
        /// The time after which a commit that is not complete counts as failed.
        public var commitTimeout = Duration.seconds(10)
        /// Called when the store begins to fail, and when it works again.
        public var onStoreStatus: @Sendable (ProgressStoreStatus) -> Void = { _ in }
        /// The maximum number of operations; at the limit, creating an operation is refused.
        public var maximumOperations = 100_000
        /// The maximum number of bytes kept of remote workers' reports, for all operations together.
        ///
        /// At the limit, creating an operation is refused, and each operation that receives a report keeps only its
        /// newest revision.
        public var maximumHistoryBytes = 1 << 30
        /// The maximum number of such bytes for one operation; past the limit, its oldest revisions are dropped.
        public var maximumHistoryBytesPerOperation = 4 << 20
        /// The clock of the service.
        public var clock = ProgressClock.system
        /// The function that makes identifiers.
        package var makeID: @Sendable () -> ProgressID = { ProgressID() }
        /// The function that makes epochs: random tokens of 1 to 32 letters and digits, one for each journal.
        package var makeEpoch: @Sendable () -> String = { String(UInt64.random(in: .min ... .max), radix: 36) }

        /// Creates the default configuration.
        public init() {}
    }
}
