// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressServer
import Logging

/// The local server of a run, on the loopback interface; it lives as long as the run.
struct RunHost: Sendable {
    private let server: RunningServer

    /// The maximum time for watchers to receive the end.
    private static let patience = Duration.seconds(2)

    /// The service with the server's operations.
    var service: ProgressService { server.service }

    /// The URL of the server.
    var url: String { server.url }

    /// Starts the server without logging, because both outputs belong to the command.
    static func start(port: Int) async throws -> RunHost {
        var configuration = ServerConfiguration()
        configuration.host = "127.0.0.1"
        configuration.port = port
        configuration.notifiesServiceManager = false
        let logger = Logger(label: "live-progress.run") { _ in SwiftLogNoOpLogHandler() }
        return RunHost(server: try await ServerApplication(configuration: configuration, logger: logger).start())
    }

    /// Stops the server when the watchers of an operation have received its end.
    func stop(after id: ProgressID) async {
        if let tracker = try? service.getProgress(id) {
            // The server closes a watcher's connection after the end.
            let deadline = ContinuousClock.now + Self.patience
            while tracker.watcherCount > 0, ContinuousClock.now < deadline {
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        await server.stop()
    }
}
