// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import LiveProgress
import Testing

@testable import LiveProgressCLI

@Suite("The output of real tools")
struct RecordingTests {
    /// What `run` reads from each recording: a line with the name, the exit status, and the counts at the end.
    private static let readings = Cast.folder.appending(path: "readings.txt")

    private static func counts(of cast: Cast) -> [RunPlayback.Counts] {
        RunPlayback(cast.output, isSuccess: cast.exitStatus == 0).counts
    }

    private static func reading(of cast: Cast) -> String {
        let last = counts(of: cast).last
        let total = last?.total.map(String.init) ?? "?"
        return "\(cast.name)\t\(cast.exitStatus)\t\(last.map { "\($0.completed)/\(total) \($0.unit)" } ?? "unknown")"
    }

    @Test("There are recordings of each kind")
    func complete() {
        #expect(Cast.all.count >= 190)
        #expect(Cast.all.filter { $0.name.hasPrefix("none-") }.count >= 50)
        #expect(Cast.all.allSatisfy { !$0.output.isEmpty })
    }

    @Test("The count never falls, and the fraction falls only when the total grows", arguments: Cast.all)
    func rises(cast: Cast) {
        let counts = Self.counts(of: cast)
        for (before, after) in zip(counts, counts.dropFirst()) where before.unit == after.unit {
            #expect(after.completed >= before.completed)
            if let total = before.total, let next = after.total { #expect(next >= total) }
        }
    }

    @Test("A command that succeeds ends at its total, or its total is unknown", arguments: Cast.all)
    func ends(cast: Cast) {
        guard cast.exitStatus == 0, let last = Self.counts(of: cast).last, let total = last.total else { return }
        #expect(last.completed == total)
    }

    @Test(
        "A percentage that is no progress gives no fraction",
        arguments: Cast.all.filter { $0.name.hasPrefix("none-") && $0.name != "none-pytest-cov" }
    )
    func noProgress(cast: Cast) {
        for counts in Self.counts(of: cast) { #expect(counts.total == nil, "\(counts)") }
    }

    @Test("The counts at the end are those of readings.txt; LIVE_PROGRESS_ACCEPT=1 writes the file anew")
    func accepted() throws {
        let read = Cast.all.map(Self.reading).joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["LIVE_PROGRESS_ACCEPT"] == "1" {
            try Data(read.utf8).write(to: Self.readings)
        }
        let recorded = try String(contentsOf: Self.readings, encoding: .utf8)
        for (now, before) in zip(read.split(separator: "\n"), recorded.split(separator: "\n")) {
            #expect(now == before)
        }
        #expect(read.utf8.count == recorded.utf8.count)
    }
}
