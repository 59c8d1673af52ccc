// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressNIO
import NIOCore
import NIOPosix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Measures how much time each `update` costs the worker's thread while watchers on real sockets follow.
///
/// The program prints its address, waits for a line on standard input, reports, and prints the distribution of two times. The
/// processor time of the thread is the worker's own time. The wall time includes preemption by other threads. Between these
/// calls, at the same pace, the program updates an operation without watchers. The cost of these updates comes from the machine
/// (cold caches after the pause). The difference is the cost of the watchers for the worker.
@main
struct UpdateTime {
    static func main() throws {
        let updates = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 2000
        let pause = CommandLine.arguments.dropFirst(2).first.flatMap { UInt32($0) } ?? 5000
        let service = ProgressService()
        let tracker = try service.createProgress(id: ProgressID("bench"))
        let unwatched = try service.createProgress()
        let server = try listen(ProgressHosting(api: ProgressAPI(service: service)))
        write("listening on http://127.0.0.1:\(server.localAddress?.port ?? 0)")
        _ = readLine()

        var (own, wall) = (Samples(name: "own (thread CPU)"), Samples(name: "wall"))
        var (ownAlone, wallAlone) = (Samples(name: "own, without watchers"), Samples(name: "wall, without watchers"))
        for step in 1...updates {
            measure(tracker, step, own: &own, wall: &wall)
            usleep(pause / 2)
            measure(unwatched, step, own: &ownAlone, wall: &wallAlone)
            usleep(pause / 2)
        }
        tracker.succeed()
        unwatched.succeed()
        for samples in [own, ownAlone, wall, wallAlone] { write(samples.description) }
        // The watchers still receive the end; the caller closes standard input after that.
        while readLine() != nil {}
        exit(own.maximum < 1_000_000 ? 0 : 1)
    }

    private static func measure(_ tracker: ProgressTracker, _ step: Int, own: inout Samples, wall: inout Samples) {
        let (ownStart, wallStart) = (nanoseconds(of: CLOCK_THREAD_CPUTIME_ID), nanoseconds(of: CLOCK_MONOTONIC))
        tracker.update("Step \(step)", details: ["step": .integer(Int64(step))])
        wall.add(nanoseconds(of: CLOCK_MONOTONIC) - wallStart)
        own.add(nanoseconds(of: CLOCK_THREAD_CPUTIME_ID) - ownStart)
    }

    private static func listen(_ hosting: ProgressHosting) throws -> any Channel {
        try ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    _ = try hosting.connections.configure(channel) { $0.close() }
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
    }

    private static func write(_ line: String) {
        print(line)
        fflush(nil)
    }

    private static func nanoseconds(of clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
    }
}

/// Times in nanoseconds, and their distribution.
struct Samples: CustomStringConvertible {
    let name: String
    private var values: [Int] = []

    init(name: String) { self.name = name }

    mutating func add(_ value: Int) { values.append(value) }

    var maximum: Int { values.max() ?? 0 }

    var description: String {
        let sorted = values.sorted()
        let shown = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1)].map { label, share in
            let index = min(sorted.count - 1, Int(Double(sorted.count) * share))
            return "\(label) \(microseconds(sorted[index]))"
        }
        return "update, \(name), \(sorted.count) calls: \(shown.joined(separator: ", "))"
    }

    private func microseconds(_ value: Int) -> String {
        let tenths = (value + 50) / 100
        return "\(tenths / 10).\(tenths % 10) µs"
    }
}
