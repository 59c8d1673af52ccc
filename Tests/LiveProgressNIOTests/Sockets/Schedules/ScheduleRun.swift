// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressNIO
import LiveProgressWebSocket
import NIOPosix
import Testing

@testable import LiveProgress
@testable import LiveProgressTesting

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#elseif canImport(Glibc)
    import Glibc
#endif

/// Runs many schedules, several at the same time, each with its own server and on threads that may block.
///
/// `LIVE_PROGRESS_SCHEDULES` sets their number, by default a few hundred; `LIVE_PROGRESS_SCHEDULE` repeats one seed.
struct ScheduleRun: Sendable {
    private static let width = 8

    let path: WritePath
    var securing: ScheduleServer.Securing?
    var body: @Sendable (inout Schedule) throws -> Void = { try $0.run() }
    let makeCodec: @Sendable () throws -> any ScheduleCodec

    static func seeds(byDefault count: Int) -> Range<Int> {
        if let seed = variable("LIVE_PROGRESS_SCHEDULE") { return seed..<seed + 1 }
        return 0..<(variable("LIVE_PROGRESS_SCHEDULES") ?? count)
    }

    private static func variable(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }

    /// Runs the schedules of the seeds; records an issue with the seed for each failure.
    func callAsFunction(_ seeds: Range<Int>) async throws -> ScheduleTally {
        let pool = NIOThreadPool(numberOfThreads: Self.width)
        pool.start()
        let tally = try await withThrowingTaskGroup(of: ScheduleTally.self) { group in
            for lane in 0..<min(Self.width, seeds.count) {
                group.addTask {
                    var tally = ScheduleTally()
                    for seed in seeds.dropFirst(lane) where (seed - seeds.lowerBound) % Self.width == lane {
                        do { tally += try await run(seed, on: pool) } catch {
                            Issue.record("\(error); to try again: LIVE_PROGRESS_SCHEDULE=\(seed)")
                        }
                    }
                    return tally
                }
            }
            return try await group.reduce(into: ScheduleTally()) { $0 += $1 }
        }
        try await pool.shutdownGracefully()
        if Self.variable("LIVE_PROGRESS_SCHEDULES") != nil { print(seeds.count, "schedules,", path, tally) }
        return tally
    }

    private func run(_ seed: Int, on pool: NIOThreadPool) async throws -> ScheduleTally {
        // Spread the seeds, so that two seeds do not give the same numbers shifted by one place.
        var random = SeededGenerator(seed: UInt64(seed) &* 0xD134_2543_DE82_EF95)
        let settings = ScheduleSettings(using: &random)
        let server = try await ScheduleServer(settings: settings, path: path, securing: securing)
        let result = try await pool.runIfActive { [random, body, makeCodec] in
            var schedule = Schedule(settings: settings, random: random, server: server, makeCodec: makeCodec)
            return (Result { try body(&schedule) }, schedule.tally, schedule.operations.map(\.journal))
        }
        if case .failure = result.0 { server.hosting.registry.closeAll() }
        try await server.stop()
        try result.0.get()
        for journal in result.2 where journal.watcherCount != 0 {
            throw ScheduleFailure("\(journal.watcherCount) watchers were not removed")
        }
        return result.1
    }
}
