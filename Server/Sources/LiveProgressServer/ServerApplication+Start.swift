// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
import Logging
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Whether clients should be sent to the server.
final class Readiness: Sendable {
    private let state = Atomic(false)

    var isReady: Bool { state.load(ordering: .relaxed) }

    func set(_ isReady: Bool) { state.store(isReady, ordering: .relaxed) }
}

extension ServerApplication {
    /// Serves until the process is told to stop by SIGTERM or SIGINT.
    ///
    /// - Throws: What kept the server from listening.
    public func runUntilSignalled() async throws {
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
    /// - Returns: The running server; it runs until it is stopped.
    /// - Throws: What kept the server from listening.
    public func start() async throws -> RunningServer {
        let (urls, continuation) = AsyncThrowingStream<String, any Error>.makeStream()
        let application = try ServerApplication(
            configuration: configuration,
            service: service,
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
public struct RunningServer: Sendable {
    /// Where it listens, such as `http://127.0.0.1:8080`.
    public let url: String
    /// The operations that it shows.
    public let service: ProgressService
    let group: ServiceGroup
    let task: Task<Void, Never>

    /// The port that it listens on.
    public var port: Int { url.split(separator: ":").last.flatMap { Int($0) } ?? 0 }

    /// Stops the server and returns when its clients have taken their leave.
    public func stop() async {
        await group.triggerGracefulShutdown()
        await task.value
    }
}
