// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressWire

/// An operation on a server that another process reports.
struct OperationElsewhere: HandedOverOperation {
    let client: ProgressClient
    let id: ProgressID
    let tokens: ProgressTokens?

    /// The largest number of tries to ask the operation to stop.
    private static let triesToCancel = 3

    var link: ProgressLink { ProgressLink(url: ProgressTarget(server: client.server, id: id).url, tokens: tokens) }

    func follow(_ take: (ProgressSnapshot) -> Void) async throws {
        let watcher = tokens.map { client.with(token: $0.watch) } ?? client
        for try await event in watcher.forever.events(of: id) { take(event.snapshot) }
    }

    func requestCancel() async {
        let configuration = client.configuration
        var backoff = Backoff(base: configuration.initialRetryDelay, maximum: configuration.maximumRetryDelay)
        for _ in 0..<Self.triesToCancel {
            do {
                try await client.hurried.cancel(id)
                return
            } catch {
                // Other errors mean that the operation has ended, or that it cannot be cancelled.
                guard error.isTransient else { return }
            }
            try? await configuration.sleep(backoff.next(random: configuration.random()))
        }
    }

    func end(_ outcome: ProgressOutcome) async throws {
        let worker = tokens.map { client.with(token: $0.report) } ?? client
        _ = try await worker.report(id, ProgressReport(outcome: outcome))
    }
}
