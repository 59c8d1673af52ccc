// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Hummingbird
import HummingbirdCore
import LiveProgressHummingbird
import Logging
import NIOCore
import ServiceLifecycle

@testable import LiveProgressServer

/// Runs a test against an application that embeds Live Progress, and stops the application as a signal does.
///
/// The application is set up as in the documentation. It has an additional route, and a context without a remote address.
func withApplication<Value: Sendable>(
    _ progress: ProgressServer,
    server: HTTPServerBuilder? = nil,
    _ body: (RunningServer) async throws -> Value
) async throws -> Value {
    let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let (ports, listening) = AsyncStream<Int>.makeStream()
    let router = Router()
    router.addProgressRoutes(progress)
    router.get("own") { _, _ in "its own" }
    let app = Application(
        router: router,
        server: server ?? .progress(progress),
        configuration: .init(address: .hostname("127.0.0.1", port: 0)),
        services: [progress],
        onServerRunning: { listening.yield($0.localAddress?.port ?? 0) },
        logger: silent
    )
    let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [app], logger: silent))
    let (ends, ended) = AsyncStream<any Error>.makeStream()
    let task = Task {
        defer { ended.finish() }
        do { try await group.run() } catch { ended.yield(error) }
    }
    for await port in ports {
        let url = "http://127.0.0.1:\(port)"
        let running = RunningServer(url: url, service: progress.service, group: group, task: task)
        let result: Result<Value, any Error>
        do { result = .success(try await body(running)) } catch { result = .failure(error) }
        await running.stop()
        for await error in ends { throw error }
        return try result.get()
    }
    throw CancellationError()
}
