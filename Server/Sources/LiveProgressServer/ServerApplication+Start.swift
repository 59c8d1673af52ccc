// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgress
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// The readiness flag: whether a load balancer should send clients to the server.
final class Readiness: Sendable {
    private let state = Atomic(false)

    var isReady: Bool { state.load(ordering: .relaxed) }

    func set(_ isReady: Bool) { state.store(isReady, ordering: .relaxed) }
}

extension ServerApplication {
    /// Runs the server until the process receives SIGTERM or SIGINT.
    ///
    /// - Throws: The error that prevented the server from listening.
    package func runUntilSignalled() async throws {
        var services: [any Service] = [self]
        if certificates != nil || authorizer != nil {
            services.append(
                ReloadSignal(certificates: certificates, authorizer: authorizer, files: keyFiles, logger: logger)
            )
        }
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services,
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: logger
            )
        )
        try await group.run()
    }

    /// Starts the server in this process and returns when clients can connect.
    ///
    /// - Returns: The running server; it runs until ``RunningServer/stop()``.
    /// - Throws: The error that prevented the server from listening.
    package func start() async throws -> RunningServer {
        let (urls, continuation) = AsyncThrowingStream<String, any Error>.makeStream()
        let application = try ServerApplication(
            configuration: configuration,
            service: service,
            cluster: cluster,
            logger: logger,
            addRoutes: addRoutes,
            onListening: { url in
                await onListening(url)
                continuation.yield(url)
            },
            onAdminLink: onAdminLink
        )
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [application], logger: logger))
        let task = Task {
            do {
                try await group.run()
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        for try await url in urls { return RunningServer(url: url, service: service, group: group, task: task) }
        throw CancellationError()
    }
}

/// A server that runs in this process.
package struct RunningServer: Sendable {
    /// The URL of the server, such as `http://127.0.0.1:8080`.
    package let url: String
    /// The service with the server's operations.
    package let service: ProgressService
    let group: ServiceGroup
    let task: Task<Void, Never>

    /// The port of the server.
    package var port: Int { url.split(separator: ":").last.flatMap { Int($0) } ?? 0 }

    /// Shuts the server down gracefully, and returns when all connections are closed.
    package func stop() async {
        await group.triggerGracefulShutdown()
        await task.value
    }
}
