// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@Suite("Weighted parts of an operation")
struct ShareTests {
    private let environment = TestService()

    private func make() throws -> ProgressTracker {
        let tracker = try environment.service.createProgress(id: id("op"))
        tracker.setCounts(total: 10)
        return tracker
    }

    @Test("A part contributes its fraction weighted by its share, and its whole share when it finishes")
    func weights() throws {
        let tracker = try make()
        let part = tracker.share(assigning: 4).start(totalCount: 1_000)
        part.advance(by: 500)
        #expect(tracker.snapshot()?.fractionCompleted == 0.2)
        #expect(tracker.snapshot()?.counts?.completedCount == 0)
        part.finish()
        part.finish()
        #expect(tracker.snapshot()?.fractionCompleted == 0.4)
        #expect(tracker.snapshot()?.counts?.completedCount == 4)
    }

    @Test("A part may have parts")
    func nested() throws {
        let tracker = try make()
        let part = tracker.share(assigning: 10).start(totalCount: 2)
        let inner = part.share(assigning: 1).start(totalCount: 4)
        inner.advance(by: 2)
        #expect(tracker.snapshot()?.fractionCompleted == 0.25)
        inner.finish()
        part.advance()
        #expect(tracker.snapshot()?.fractionCompleted == 1)
    }

    @Test("A released part completes its share")
    func released() throws {
        let tracker = try make()
        do { tracker.share(assigning: 3).start(totalCount: 100).advance() }
        #expect(tracker.snapshot()?.counts?.completedCount == 3)
    }

    @Test("A share that is dropped without a start completes, so that the operation can reach 100 %")
    func neverStarted() throws {
        let tracker = try make()
        func forget(_ share: consuming ProgressShare) {}
        forget(tracker.share(assigning: 5))
        #expect(tracker.snapshot()?.counts?.completedCount == 5)
    }

    @Test("A part has no effect after its operation or attempt has ended")
    func outlives() throws {
        let tracker = try make()
        let old = tracker.share(assigning: 5).start(totalCount: 10)
        tracker.beginAttempt()
        tracker.setCounts(total: 10)
        let new = tracker.share(assigning: 5).start(totalCount: 10)
        old.advance(by: 10)
        old.finish()
        #expect(tracker.snapshot()?.fractionCompleted == 0)
        tracker.succeed()
        new.finish()
        #expect(tracker.refusedReportCount == 0)
    }

    @Test("Ten workers that finish together count exactly once each")
    func together() async throws {
        let tracker = try make()
        await withTaskGroup { group in
            for _ in 0..<10 {
                let part = tracker.share(assigning: 1).start(totalCount: 100)
                group.addTask { for _ in 0..<100 { part.advance() } }
            }
        }
        #expect(tracker.snapshot()?.counts?.completedCount == 10)
        #expect(tracker.snapshot()?.fractionCompleted == 1)
    }
}
