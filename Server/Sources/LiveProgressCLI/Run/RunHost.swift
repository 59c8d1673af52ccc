// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressServer
import LiveProgressWire
import Logging

/// The server that a run starts for itself, on the loopback interface, for as long as the run lasts.
struct RunHost: Sendable {
    private let server: RunningServer

    /// How long watchers may take to get the end.
    private static let patience = Duration.seconds(2)

    /// The operations that it shows.
    var service: ProgressService { server.service }

    /// Starts it; it says nothing of itself, for both outputs belong to the command.
    static func start(port: Int) async throws -> RunHost {
        var configuration = ServerConfiguration()
        configuration.host = "127.0.0.1"
        configuration.port = port
        let logger = Logger(label: "live-progress.run") { _ in SwiftLogNoOpLogHandler() }
        return RunHost(server: try await ServerApplication(configuration: configuration, logger: logger).start())
    }

    /// Where to watch an operation.
    func url(of id: ProgressID) -> String {
        server.url + ProgressRoutes.path(for: id)
    }

    /// Stops it, once those who watch an operation have got its end.
    func stop(after id: ProgressID) async {
        if let journal = try? service.getJournal(id) {
            // A watcher leaves by itself when it has the end.
            let deadline = ContinuousClock.now + Self.patience
            while journal.watcherCount > 0, ContinuousClock.now < deadline {
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
        await server.stop()
    }
}
