// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
import Testing

@testable import LiveProgressCLI

@Suite("Snapshots as text")
struct SnapshotTextTests {
    private let hostile = ProgressSnapshot(
        id: ProgressID("import-7"),
        cursor: ProgressCursor(epoch: "k3f9", revision: 4),
        attempt: 2,
        status: .failed,
        state: "Failed\u{1B}[2J\nFake",
        details: ["file": "a"],
        title: "日本",
        counts: ProgressCounts(completedCount: 3, totalCount: 10, unit: "files", fractionCompleted: 0.3),
        labels: ["team": "data"],
        outcome: .failed(ProgressProblem(title: "Disk full", detail: "No room")),
        createdAt: Date(timeIntervalSince1970: 0),
        updatedAt: Date(timeIntervalSince1970: 1.5)
    )

    @Test("the full text has one line per member, even if a member contains line feeds or escape codes")
    func full() {
        #expect(
            SnapshotText.full(hostile, url: "http://h/x") == """
                id        import-7
                title     日本
                status    failed
                state     Failed[2J Fake
                details   {"file":"a"}
                progress  30%, 3/10 files
                error     Disk full: No room
                attempt   2
                label     team=data
                cursor    k3f9-4
                created   1970-01-01T00:00:00.000Z
                updated   1970-01-01T00:00:01.500Z
                url       http://h/x

                """
        )
    }

    @Test("the table aligns its columns, also with wide characters")
    func table() {
        #expect(
            SnapshotText.table([hostile, snapshot("Reading")]) == """
                ID        STATUS   DONE  UPDATED                   TITLE  STATE
                import-7  failed   30%   1970-01-01T00:00:01.500Z  日本   Failed[2J Fake
                import-7  running  -     1970-01-01T00:00:00.000Z  -      Reading

                """
        )
    }
}
