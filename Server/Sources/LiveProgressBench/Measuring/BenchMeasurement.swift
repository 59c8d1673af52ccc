// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressClient

/// Measures a bench server: handshakes and memory, deliveries flat out, and latencies at a pace that it bears.
struct BenchMeasurement: Sendable {
    /// Messages that are ordered at once: short enough for a pause between orders, long enough not to measure those.
    private static let portion = 200_000
    /// Updates that are ordered at once, well within what the server keeps, so that no watcher has to skip any.
    private static let maximumUpdates = 2000

    let server: ProgressServerAddress
    let watchers: Int
    /// How long deliveries are measured, in seconds, all loads together.
    let seconds: Double

    /// Measures everything.
    ///
    /// - Throws: ``BenchError`` where the server is none, refuses, or loses something.
    func run() async throws -> BenchFigures {
        let request = BenchRequest(server: server)
        // What the first requests and the first connection cost the server is not what the next one costs.
        _ = try await request.usage()
        let before = try await request.usage()
        let crowd = try await LoadCrowd.connect(watchers, to: server)
        let after = try await request.usage()
        let single = try await flatOut(crowd, request, batch: 1)
        let batched = try await flatOut(crowd, request, batch: 32)
        let paced = try await paced(crowd, request, rate: Self.pace(single.figures.perSecond, watchers: watchers))
        let grown = both(after.residentBytes, before.residentBytes).map { Double($0 - $1) / Double(watchers) }
        return BenchFigures(
            watchers: watchers,
            handshakesPerSecond: Double(watchers) * 1e9 / Double(max(1, crowd.nanoseconds)),
            handshakeNanoseconds: Double(after.processorNanoseconds - before.processorNanoseconds) / Double(watchers),
            connectionBytes: grown,
            flatOut: [single.figures, batched.figures],
            paced: paced.figures,
            messages: watchers + single.messages + batched.messages + paced.messages,
            disordered: single.disordered + batched.disordered + paced.disordered
        )
    }

    /// Updates a second that leave the server three quarters of its time.
    static func pace(_ deliveriesPerSecond: Double, watchers: Int) -> Int {
        let updates = deliveriesPerSecond / 4 / Double(max(1, watchers))
        return updates.isFinite ? Int(min(max(updates, 1), 1000)) : 1
    }

    private struct Outcome {
        var figures: BenchFigures.Deliveries
        var messages = 0
        var disordered = 0
    }

    /// Orders one portion after the other until the time is up.
    private func flatOut(_ crowd: LoadCrowd, _ request: BenchRequest, batch: Int) async throws -> Outcome {
        let wanted = min(Self.portion / watchers, Self.maximumUpdates) / batch * batch
        let updates = max(wanted, batch)
        let before = try await request.usage()
        var (messages, disordered, nanoseconds) = (0, 0, UInt64(0))
        repeat {
            let delivery = try await crowd.deliver(updates) { try await request.start(updates: updates, batch: batch) }
            messages += delivery.messages
            disordered += delivery.disordered
            nanoseconds += delivery.nanoseconds
        } while Double(nanoseconds) < seconds / 3 * 1e9
        let taken = try await request.usage().processorNanoseconds - before.processorNanoseconds
        let figures = BenchFigures.Deliveries(
            updates: batch,
            perSecond: Double(messages) * 1e9 / Double(max(1, nanoseconds)),
            processorNanoseconds: Double(taken) / Double(messages)
        )
        return Outcome(figures: figures, messages: messages, disordered: disordered)
    }

    private func paced(_ crowd: LoadCrowd, _ request: BenchRequest, rate: Int) async throws -> Outcome {
        let updates = max(1, Int(seconds / 3 * Double(rate)))
        let before = try await request.usage()
        let delivery = try await crowd.deliver(updates) { try await request.start(updates: updates, rate: rate) }
        let taken = try await request.usage().processorNanoseconds - before.processorNanoseconds
        let figures = BenchFigures.Deliveries(
            updates: rate,
            perSecond: Double(delivery.messages) * 1e9 / Double(max(1, delivery.nanoseconds)),
            processorNanoseconds: Double(taken) / Double(delivery.messages),
            median: delivery.latencies.percentile(0.5) ?? 0,
            percentile99: delivery.latencies.percentile(0.99) ?? 0
        )
        return Outcome(figures: figures, messages: delivery.messages, disordered: delivery.disordered)
    }
}

/// Both values, where both are there.
private func both<A, B>(_ first: A?, _ second: B?) -> (A, B)? {
    guard let first, let second else { return nil }
    return (first, second)
}
