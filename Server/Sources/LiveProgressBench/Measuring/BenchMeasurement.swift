// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressClient

/// A measurement of a bench server: handshakes and memory, deliveries at full speed, and latencies at a lower rate.
struct BenchMeasurement: Sendable {
    /// The number of messages in one order: small enough for frequent pauses, large enough that pauses do not count.
    private static let portion = 200_000
    /// The maximum number of updates in one order: below the capacity of the journal, so that no watcher skips updates.
    private static let maximumUpdates = 2000

    let server: ProgressServerAddress
    let watchers: Int
    /// The time in seconds to measure deliveries, for all loads together.
    let seconds: Double

    /// Runs the whole measurement.
    ///
    /// - Throws: ``BenchError`` if the address is not a bench server, or if the server refuses or loses messages.
    func run() async throws -> BenchFigures {
        let request = BenchRequest(server: server)
        // The first request is not measured, because its costs are higher than those of later requests.
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

    /// Returns the updates per second for a load of a quarter of the measured deliveries.
    static func pace(_ deliveriesPerSecond: Double, watchers: Int) -> Int {
        let updates = deliveriesPerSecond / 4 / Double(max(1, watchers))
        return updates.isFinite ? Int(min(max(updates, 1), 1000)) : 1
    }

    private struct Outcome {
        var figures: BenchFigures.Deliveries
        var messages = 0
        var disordered = 0
    }

    /// Orders one portion after the other until the measuring time has passed.
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

/// Returns both values, or `nil` if one is `nil`.
private func both<A, B>(_ first: A?, _ second: B?) -> (A, B)? {
    guard let first, let second else { return nil }
    return (first, second)
}
