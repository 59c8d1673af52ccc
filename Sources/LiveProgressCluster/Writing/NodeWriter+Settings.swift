// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
package import LiveProgress

extension NodeWriter {
    /// The settings of a writer.
    package struct Settings: Sendable {
        /// The name of the node.
        package var node: String
        /// The shortest time between two records of an operation for which no caller waits.
        package var interval = Duration.milliseconds(20)
        /// The time after which a caller that waits receives an error.
        package var timeout = Duration.seconds(10)
        /// The pause after a failed write; each further failure doubles it, up to 32 times this.
        package var pause = Duration.milliseconds(100)
        /// The time that the record of an ended operation is kept.
        package var retention: Duration
        package var clock: ProgressClock

        /// Creates the settings of a node's writer.
        package init(node: String, configuration: ProgressService.Configuration) {
            self.node = node
            retention = configuration.retention
            clock = configuration.clock
        }

        /// The time for which the record of an ended operation outlives its retention.
        private static let margin = Duration.seconds(30)

        /// Returns the record of an operation; that of an ended operation is kept until its retention is over.
        func draft(of change: StoredOperation) -> BackplaneDraft {
            var lifetime: Duration?
            if change.newest.outcome != nil {
                let age = Duration.seconds(clock.date().timeIntervalSince(change.newest.updatedAt))
                // The owner writes the removal at the end of the retention, before the record is forgotten.
                lifetime = max(.zero, retention - max(.zero, age)) + Self.margin
            }
            return BackplaneDraft(owner: node, payload: NodeRecord.operation(change).bytes, lifetime: lifetime)
        }
    }
}
