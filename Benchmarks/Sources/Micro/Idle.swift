// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@testable import LiveProgress

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Measures the cost of idle operations that have been reported, counted and watched before.
enum Idle {
    private static let operations = 100_000

    /// Waits, and prints the processor time of the process in that time.
    static func measure(seconds: UInt32) throws {
        let service = ProgressService(configuration: .unlimited)
        var trackers: [ProgressTracker] = []
        for number in 0..<operations {
            let tracker = try service.createProgress()
            if number % 10 == 0 { _ = try service.getJournal(tracker.id).subscribe(Flag()) }
            tracker.update("Processing", details: Bench.details)
            for _ in 0..<3 { tracker.advance() }
            trackers.append(tracker)
        }
        // The frames of the last units end in this second.
        sleep(1)
        let start = processNanoseconds()
        sleep(seconds)
        let spent = processNanoseconds() - start
        print("\(operations) idle operations: \(fixed(spent / 1e6, digits: 3)) ms of processor time in \(seconds) s")
        keep(trackers)
    }
}
