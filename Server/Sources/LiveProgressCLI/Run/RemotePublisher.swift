// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient

/// Publishes to a server.
struct RemotePublisher: RunPublisher {
    let tracker: RemoteTracker

    /// How long the end may take to reach the server.
    static let patience = Duration.seconds(5)

    /// Creates the operation on a server.
    ///
    /// - Throws: `ProgressClientError` where the server cannot be reached or refuses; it has a few seconds.
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
        // The next report is made of what is newest then, so none queues up here.
        try? await tracker.flush(timeout: Self.patience)
    }

    func end(_ outcome: ProgressOutcome, after report: ProgressReport?) async -> Bool {
        if let report { tracker.report(report) }
        tracker.end(outcome)
        do {
            try await tracker.flush(timeout: Self.patience)
            return true
        } catch {
            // The command may have told its end itself.
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
