// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import LiveProgressTesting
internal import Synchronization

@testable internal import LiveProgress

/// A journal and a model of it that get the same actions.
final class JournalLife {
    private let time = ManualClock()
    private let service: ProgressService
    private let tracker: ProgressTracker
    private let journal: ProgressJournal
    private let waker = CountingWaker()
    private var model: JournalModel

    init(capacity: Int) {
        var configuration = ProgressService.Configuration()
        configuration.clock = time.clock
        configuration.makeEpoch = { "e" }
        configuration.journalCapacity = capacity
        // Ticks are published immediately, so that the journal does nothing between the actions.
        configuration.publishInterval = .zero
        service = ProgressService(configuration: configuration)
        guard let tracker = try? service.createProgress(id: "op"), let journal = try? service.getJournal("op")
        else { fail("no operation") }
        self.tracker = tracker
        self.journal = journal
        model = JournalModel(capacity: capacity)
        _ = journal.subscribe(waker)
    }

    /// Performs one action on both, and compares the results.
    func perform(_ action: UInt8, _ argument: Int64) {
        switch action % 16 {
        case 0, 1:
            expectEqual(tracker.update("S\(argument)", details: .integer(argument)), model.update(argument), "update")
        case 2, 3: expectEqual(tracker.advance(by: argument - 8), model.advance(by: argument - 8), "advance")
        case 4:
            let total = argument % 4 == 0 ? nil : argument
            expectEqual(
                tracker.setCounts(completed: argument / 2, unit: "u") && tracker.setTotal(ProgressTotal(total)),
                model.setCounts(completed: argument / 2, total: total),
                "setCounts"
            )
        case 5, 6: report(JournalModel.report(of: argument))
        case 7 where argument > 128: end(argument)
        case 8: requestCancel()
        case 9 where argument > 240:
            expectEqual((try? service.deleteProgress(journal.id)) != nil, model.remove(), "delete")
        case 7, 9, 10: time.advance(by: .milliseconds(argument))
        case 11: reading(journal.open(at: nil), model.open(at: nil))
        case 12:
            let cursor = ProgressCursor(epoch: argument % 16 == 0 ? "x" : "e", revision: UInt64(argument))
            reading(journal.open(at: cursor), model.open(at: cursor))
        case 13, 14:
            // Most reads start near the newest revision.
            let revision = model.newest.revision + 2 - min(model.newest.revision + 2, UInt64(argument % 16))
            reading(journal.read(after: revision), model.read(after: revision))
        default:
            waker.expectAtMostOne()
            expectEqual(JournalModel.Revision(journal.snapshot()), model.snapshot(), "the newest snapshot")
        }
        expectEqual(journal.refusedReportCount, model.refusedReports, "refused reports")
        // A subscriber must be woken for every transition that has not been read.
        expect(!model.hasUnreadTransition || waker.isWoken, "a transition without a wake")
    }

    /// Ends the operation, and checks that the end stays the same for every later action.
    func end() {
        end(0)
        perform(0, 1)
        perform(11, 0)
        perform(13, 3)
    }

    private func end(_ argument: Int64) {
        let outcome: ProgressOutcome =
            switch argument % 3 {
            case 0: .succeeded(result: .integer(argument))
            case 1: .failed(.abandoned)
            default: .cancelled
            }
        var report = ProgressReport()
        report.outcome = outcome
        self.report(report)
    }

    private func report(_ report: ProgressReport) {
        expectEqual((try? journal.report(report)) != nil, model.apply(report), "\(report)")
    }

    private func requestCancel() {
        expectEqual((try? journal.requestCancel()) != nil, model.requestCancel(), "a request to cancel")
    }

    private func reading(_ reading: ProgressReading, _ expected: JournalModel.Reading) {
        waker.expectAtMostOne()
        let events = reading.events.map { event in
            JournalModel.Event(
                kind: event.kind,
                revision: JournalModel.Revision(event.snapshot),
                skipped: event.skipped,
                resumed: event.resumed
            )
        }
        expectEqual(events, expected.events, "events")
        expectEqual(reading.position, expected.position, "the position")
        expectEqual(reading.isFinished, expected.isFinished, "whether it is finished")
        expectEqual(reading.removal != nil, expected.isRemoved, "whether it is removed")
        checkFigures(reading.events.map(\.snapshot))
    }

    private var seen: (attempt: Int, revision: UInt64, counts: ProgressCounts)?

    /// Checks invariant 8 over all read snapshots in the order of revisions, and that all figures are valid.
    private func checkFigures(_ snapshots: [ProgressSnapshot]) {
        for snapshot in snapshots {
            guard let counts = snapshot.counts else { continue }
            let (rate, rest) = (counts.throughput ?? 0, counts.estimatedTimeRemaining ?? 0)
            expect(rate >= 0 && rate.isFinite && rest >= 0 && rest.isFinite, "\(counts)")
            let quotient = counts.totalCount.map { Double(counts.completedCount) / Double($0) }
            expect(counts.totalCount == 0 || counts.fractionCompleted == quotient, "no quotient: \(counts)")
            if let seen, seen.attempt == snapshot.attempt, seen.revision < snapshot.revision {
                expect(counts.completedCount >= seen.counts.completedCount, "fell from \(seen) to \(snapshot)")
            }
            seen = (snapshot.attempt, snapshot.revision, counts)
        }
    }
}

/// A waker that counts its wakes between two reads.
private final class CountingWaker: ProgressWaker {
    private let count = Atomic<Int>(0)

    var isWoken: Bool { count.load(ordering: .relaxed) > 0 }

    func wake() {
        count.add(1, ordering: .relaxed)
    }

    /// Checks that the waker was woken at most once since the last read.
    func expectAtMostOne() {
        let wakes = count.exchange(0, ordering: .relaxed)
        expect(wakes <= 1, "woken \(wakes) times without a read between")
    }
}
