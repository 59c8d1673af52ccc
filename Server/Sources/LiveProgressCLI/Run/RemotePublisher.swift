// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressClient

/// A publisher to a remote server.
struct RemotePublisher: RunPublisher {
    let tracker: RemoteTracker

    /// The maximum time to deliver a report or the end to the server.
    static let patience = Duration.seconds(5)

    /// Creates the operation on a server.
    ///
    /// - Throws: `ProgressClientError` if the server refuses, or if the server does not respond within a few seconds.
    static func create(
        _ id: ProgressID,
        options: ProgressOptions,
        server: String,
        security: SecurityOptions,
        token: String? = nil
    ) async throws(ProgressClientError) -> RemotePublisher {
        var configuration = ProgressClient.Configuration()
        configuration.token = token
        configuration.connectTimeout = .seconds(2)
        configuration.requestTimeout = .seconds(5)
        let address = try ProgressServerAddress(server)
        configuration.security = try security.security(for: address)
        let client = ProgressClient(server: address, configuration: configuration)
        return RemotePublisher(tracker: try await client.createTracker(id: id, options: options))
    }

    func publish(_ report: ProgressReport) async {
        tracker.report(report)
        // Wait, so that reports do not queue: the next report is made from the newest state at that time.
        try? await tracker.flush(timeout: Self.patience)
    }

    func end(_ outcome: ProgressOutcome, after report: ProgressReport?) async -> Bool {
        if let report { tracker.report(report) }
        tracker.end(outcome)
        do {
            try await tracker.flush(timeout: Self.patience)
            return true
        } catch {
            // The command may have reported the end itself.
            return error.code == .ended
        }
    }

    func cancellationRequested() async -> Bool {
        do {
            try await tracker.cancellationRequested()
            return true
        } catch {
            return false
        }
    }
}
