// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressHTTP
import LiveProgressNIO
import LiveProgressWebSocket
import NIOCore

/// Each part of the server is told those limits that are its own to keep.
extension ServerLimits {
    /// Connections of one address where nothing is said about them.
    private static let defaultConnectionsPerAddress = 1024

    func apply(to api: inout ProgressAPI.Configuration) {
        api.limits.watchersPerOperation = maximumWatchersPerOperation
        api.limits.watchersPerSubject = maximumWatchersPerSubject
        api.limits.operationsPerSubject = maximumOperationsPerSubject
        api.limits.reportsPerSecond = Double(reportsPerSecond)
        api.limits.reportBurst = reportBurst
        // Also where the server listens on a loopback address: the addresses are those that the proxy tells.
        api.limits.requestsPerForwardedAddress = maximumConnectionsPerAddress ?? Self.defaultConnectionsPerAddress
    }

    func apply(to connections: inout ConnectionLimits, isLoopback: Bool) {
        connections.maximumConnections = maximumConnections
        connections.maximumConnectionsPerAddress =
            maximumConnectionsPerAddress ?? (isLoopback ? nil : Self.defaultConnectionsPerAddress)
        connections.maximumTargetSize = maximumTargetSize
        connections.maximumHeaderSize = maximumHeaderSize
        connections.headTimeout = TimeAmount(headTimeout)
        connections.bodyTimeout = TimeAmount(bodyTimeout)
        connections.idleTimeout = TimeAmount(idleTimeout)
        connections.unreadTimeout = TimeAmount(unreadTimeout)
    }

    func apply(to watchers: inout WatcherConfiguration) {
        watchers.slowLimit = unreadTimeout
        watchers.connection.limits.maximumMessageSize = maximumMessageSize
        watchers.connection.limits.maximumMessagesPerMinute = maximumMessagesPerMinute
    }

    func apply(to service: inout ProgressService.Configuration) {
        service.maximumHistoryBytes = maximumHistoryBytes
        service.maximumHistoryBytesPerOperation = maximumHistoryBytesPerOperation
    }
}
