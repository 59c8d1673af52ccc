// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import Testing

@testable import LiveProgress

@Suite("Every status meets every event")
struct StatusTableTests {
    /// What happens to an operation whose worker is elsewhere.
    enum Event: String, CaseIterable, Sendable {
        case update, details, heartbeat, title, advance, setCounts, setFraction, newAttempt, sameAttempt
        case cancelRequest, leaseHeld, leaseLapses, leaseIsLost, workerIsReleased
        case succeeds, fails, isCancelled
    }

    /// The status after an event; the three ends stay, whatever comes.
    ///
    /// `=` leaves the status, and makes no revision.
    static let table: [(event: Event, pending: String, running: String, stalled: String, cancelling: String)] = [
        (.update, "running", "running", "running", "cancelling"),
        (.details, "running", "running", "running", "cancelling"),
        (.heartbeat, "running", "=", "running", "="),
        (.title, "running", "running", "running", "cancelling"),
        (.advance, "running", "running", "running", "cancelling"),
        (.setCounts, "running", "running", "running", "cancelling"),
        (.setFraction, "running", "running", "running", "cancelling"),
        (.newAttempt, "running", "running", "running", "cancelling"),
        (.sameAttempt, "running", "running", "running", "cancelling"),
        (.cancelRequest, "cancelling", "cancelling", "cancelling", "="),
        (.leaseHeld, "=", "=", "=", "="),
        (.leaseLapses, "stalled", "stalled", "=", "="),
        (.leaseIsLost, "failed", "failed", "failed", "failed"),
        (.workerIsReleased, "failed", "failed", "failed", "failed"),
        (.succeeds, "succeeded", "succeeded", "succeeded", "succeeded"),
        (.fails, "failed", "failed", "failed", "failed"),
        (.isCancelled, "cancelled", "cancelled", "cancelled", "cancelled"),
    ]

    private static let lease = Duration.seconds(60)

    private let environment = TestService { configuration in
        configuration.lease = Self.lease
        configuration.leaseGrace = .seconds(300)
        configuration.retention = .seconds(1_000_000)
    }

    /// An operation in a status.
    private func operation(_ status: ProgressStatus) throws -> ProgressJournal {
        let journal = try environment.service.createJournal(id: id("op"), options: .init(isCancellable: true))
        switch status {
        case .pending: break
        case .running: happen(.update, to: journal)
        case .stalled:
            happen(.update, to: journal)
            happen(.leaseLapses, to: journal)
        case .cancelling:
            happen(.update, to: journal)
            happen(.cancelRequest, to: journal)
        case .succeeded: happen(.succeeds, to: journal)
        case .failed: happen(.fails, to: journal)
        case .cancelled: happen(.isCancelled, to: journal)
        }
        try #require(journal.snapshot().status == status)
        return journal
    }

    /// Brings an event about; gives whether it was refused.
    @discardableResult
    private func happen(_ event: Event, to journal: ProgressJournal) -> Bool {
        let tracker = ProgressTracker(journal: journal, ownsOperation: false)
        let refused = journal.refusedReportCount
        var report = ProgressReport()
        switch event {
        case .update: tracker.update("Working")
        case .details: report.details = ["step": 1]
        case .heartbeat: break
        case .title: report.title = "Nightly"
        case .advance: tracker.advance()
        case .setCounts: tracker.setCounts(completed: 1, total: 2)
        case .setFraction: tracker.setFraction(0.5)
        case .newAttempt: report.attempt = journal.snapshot().attempt + 1
        case .sameAttempt: report.attempt = journal.snapshot().attempt
        case .cancelRequest: return (try? journal.requestCancel()) == nil
        case .leaseHeld: pass(.seconds(59))
        case .leaseLapses: pass(Self.lease)
        case .leaseIsLost: pass(.seconds(360))
        case .workerIsReleased: journal.abandon()
        case .succeeds: report.outcome = .succeeded()
        case .fails: report.outcome = .failed(ProgressProblem(title: "No space"))
        case .isCancelled: report.outcome = .cancelled
        }
        if report != ProgressReport() || event == .heartbeat { _ = try? journal.report(report) }
        return journal.refusedReportCount > refused
    }

    /// The clock moves on, and whoever asks next brings the operation up to date with it.
    private func pass(_ time: Duration) {
        environment.time.advance(by: time)
        _ = try? environment.service.getJournal(id("op"))
    }

    @Test(
        "An operation that goes on",
        arguments: [ProgressStatus.pending, .running, .stalled, .cancelling],
        Event.allCases
    )
    func goingOn(status: ProgressStatus, event: Event) throws {
        let row = try #require(Self.table.first { $0.event == event })
        let cells = [ProgressStatus.pending: row.pending, .running: row.running, .stalled: row.stalled]
        let cell = cells[status] ?? row.cancelling
        let journal = try operation(status)
        let before = journal.snapshot()
        #expect(!happen(event, to: journal))
        let after = journal.snapshot()
        #expect(after.status.rawValue == (cell == "=" ? status.rawValue : cell))
        #expect(after.revision == before.revision + (cell == "=" ? 0 : 1))
        #expect((after.outcome != nil) == after.status.isEnd)
    }

    @Test(
        "Invariant 6: an operation that has ended stays as it is, and reports are refused",
        arguments: [ProgressStatus.succeeded, .failed, .cancelled],
        Event.allCases
    )
    func ended(status: ProgressStatus, event: Event) throws {
        let journal = try operation(status)
        let before = journal.snapshot()
        let isOfTime = [.leaseHeld, .leaseLapses, .leaseIsLost, .workerIsReleased].contains(event)
        #expect(happen(event, to: journal) == !isOfTime)
        #expect(journal.snapshot() == before)
    }

    @Test(
        "Invariant 7: asked to stop, an operation is cancelling through each lapse, and lost in the end",
        arguments: [1, 3]
    )
    func lapsesWhileCancelling(rounds: Int) throws {
        let journal = try operation(.cancelling)
        for _ in 0..<rounds {
            happen(.leaseLapses, to: journal)
            #expect(journal.snapshot().status == .cancelling)
            happen(.heartbeat, to: journal)
            #expect(journal.snapshot().status == .cancelling)
        }
        happen(.leaseIsLost, to: journal)
        #expect(journal.snapshot().error == .workerLost)
    }

    @Test("A request to cancel that the worker does not take changes no status", arguments: ProgressStatus.allCases)
    func notCancellable(status: ProgressStatus) throws {
        guard status != .cancelling else { return }
        let journal = try operation(status)
        var report = ProgressReport()
        report.isCancellable = false
        _ = try? journal.report(report)
        if status == .stalled { happen(.leaseLapses, to: journal) }
        let before = journal.snapshot()
        #expect(throws: ProgressError.self) { try journal.requestCancel() }
        #expect(journal.snapshot() == before)
    }

    @Test(
        "Whatever its status, one that is deleted is gone, and takes nothing more",
        arguments: ProgressStatus.allCases
    )
    func deleted(status: ProgressStatus) throws {
        let journal = try operation(status)
        try environment.service.deleteProgress(id("op"))
        let before = journal.snapshot()
        for event in Event.allCases { happen(event, to: journal) }
        #expect(journal.snapshot() == before)
        #expect { try environment.service.getJournal(id("op")) } throws: { ($0 as? ProgressError)?.code == .gone }
    }
}
