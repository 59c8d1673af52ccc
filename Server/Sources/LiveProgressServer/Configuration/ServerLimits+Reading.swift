// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension ServerLimits {
    /// The limits that are said, and the defaults of those that are not; times are in seconds.
    init(_ values: ConfigurationValues) throws(ServerConfigurationError) {
        self.init()
        let count = 1...100_000_000
        let size = 1024...1 << 30
        let seconds = 1...86_400
        maximumConnections = try values.integer("maximumConnections", in: count) ?? maximumConnections
        maximumConnectionsPerAddress = try values.integer("maximumConnectionsPerAddress", in: count)
        maximumWatchersPerOperation =
            try values.integer("maximumWatchersPerOperation", in: count) ?? maximumWatchersPerOperation
        maximumWatchersPerSubject =
            try values.integer("maximumWatchersPerSubject", in: count) ?? maximumWatchersPerSubject
        maximumOperationsPerSubject =
            try values.integer("maximumOperationsPerSubject", in: count) ?? maximumOperationsPerSubject
        maximumTargetSize = try values.integer("maximumTargetSize", in: 256...1 << 20) ?? maximumTargetSize
        maximumHeaderSize = try values.integer("maximumHeaderSize", in: 1024...1 << 24) ?? maximumHeaderSize
        maximumMessageSize = try values.integer("maximumMessageSize", in: 64...1 << 24) ?? maximumMessageSize
        maximumMessagesPerMinute =
            try values.integer("maximumMessagesPerMinute", in: count) ?? maximumMessagesPerMinute
        reportsPerSecond = try values.integer("reportsPerSecond", in: count) ?? reportsPerSecond
        reportBurst = try values.integer("reportBurst", in: count) ?? reportBurst
        maximumHistoryBytes = try values.integer("maximumHistoryBytes", in: 1024...1 << 46) ?? maximumHistoryBytes
        maximumHistoryBytesPerOperation =
            try values.integer("maximumHistoryBytesPerOperation", in: size) ?? maximumHistoryBytesPerOperation
        headTimeout = try values.integer("headTimeout", in: seconds).map { .seconds($0) } ?? headTimeout
        bodyTimeout = try values.integer("bodyTimeout", in: seconds).map { .seconds($0) } ?? bodyTimeout
        idleTimeout = try values.integer("idleTimeout", in: seconds).map { .seconds($0) } ?? idleTimeout
        unreadTimeout = try values.integer("unreadTimeout", in: seconds).map { .seconds($0) } ?? unreadTimeout
    }
}
