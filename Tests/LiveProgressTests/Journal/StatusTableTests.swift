// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import Testing

@testable import LiveProgress

@Suite("Every combination of status and event")
struct StatusTableTests {
    /// An event of an operation whose worker is remote.
    enum Event: String, CaseIterable, Sendable {
        case update, details, heartbeat, title, advance, setCounts, setFraction, newAttempt, sameAttempt
        case ask, withdraw, answer, deadline
        case cancelRequest, leaseHeld, leaseLapses, leaseIsLost, workerIsReleased
        case succeeds, fails, isCancelled
    }

    typealias Row = (
        event: Event, pending: String, running: String, waiting: String, stalled: String, cancelling: String
    )

    /// The status after each event, by the status before the event.
    ///
    /// `=` means that the status stays and no revision is made; `refused` means that the event is also refused. An ended
    /// operation keeps its status.
    static let table: [Row] = [
        (.update, "running", "running", "waiting", "running", "cancelling"),
        (.details, "running", "running", "waiting", "running", "cancelling"),
        (.heartbeat, "running", "=", "=", "running", "="),
        (.title, "running", "running", "waiting", "running", "cancelling"),
        (.advance, "running", "running", "waiting", "running", "cancelling"),
        (.setCounts, "running", "running", "waiting", "running", "cancelling"),
        (.setFraction, "running", "running", "waiting", "running", "cancelling"),
        (.newAttempt, "running", "running", "running", "running", "cancelling"),
        (.sameAttempt, "running", "running", "waiting", "running", "cancelling"),
        (.ask, "waiting", "waiting", "waiting", "waiting", "cancelling"),
        (.withdraw, "running", "=", "running", "running", "="),
        (.answer, "refused", "refused", "running", "refused", "refused"),
        (.deadline, "=", "=", "running", "=", "="),
        (.cancelRequest, "cancelling", "cancelling", "cancelling", "cancelling", "="),
        (.leaseHeld, "=", "=", "=", "=", "="),
        (.leaseLapses, "stalled", "stalled", "stalled", "=", "="),
        (.leaseIsLost, "failed", "failed", "failed", "failed", "failed"),
        (.workerIsReleased, "failed", "failed", "failed", "failed", "failed"),
        (.succeeds, "succeeded", "succeeded", "succeeded", "succeeded", "succeeded"),
        (.fails, "failed", "failed", "failed", "failed", "failed"),
        (.isCancelled, "cancelled", "cancelled", "cancelled", "cancelled", "cancelled"),
    ]

    private static let lease = Duration.seconds(60)

    private let environment = TestService { configuration in
        configuration.lease = Self.lease
        configuration.leaseGrace = .seconds(300)
        configuration.retention = .seconds(1_000_000)
    }

    /// Returns an operation with the status.
    private func operation(_ status: ProgressStatus) throws -> ProgressJournal {
        let journal = try environment.service.createJournal(id: id("op"), options: .init(isCancellable: true))
        switch status {
        case .pending: break
        case .running: happen(.update, to: journal)
        case .waiting: happen(.ask, to: journal)
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

    /// Causes an event; returns whether the journal rejected it.
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
        case .ask: report.waitingFor = .ask(ProgressQuestion("Go on?", choices: ["yes", "no"], within: .seconds(59.5)))
        case .withdraw: report.waitingFor = .withdraw
        case .answer: return (try? journal.answer("yes")) == nil
        case .deadline: pass(.seconds(59.5))
        case .cancelRequest: return (try? journal.requestCancel()) == nil
        case .leaseHeld: pass(.seconds(59))
        case .leaseLapses: pass(Self.lease)
        case .leaseIsLost:
            // The grace period begins when the service notices that the lease has lapsed.
            pass(.seconds(60))
            pass(.seconds(300))
        case .workerIsReleased: journal.abandon()
        case .succeeds: report.outcome = .succeeded()
        case .fails: report.outcome = .failed(ProgressProblem(title: "No space"))
        case .isCancelled: report.outcome = .cancelled
        }
        if report != ProgressReport() || event == .heartbeat { _ = try? journal.report(report) }
        return journal.refusedReportCount > refused
    }

    /// Advances the clock, and requests the journal so that the service applies the elapsed time.
    private func pass(_ time: Duration) {
        environment.time.advance(by: time)
        _ = try? environment.service.getJournal(id("op"))
    }

    @Test(
        "An operation that has not ended follows the table",
        arguments: [ProgressStatus.pending, .running, .waiting, .stalled, .cancelling],
        Event.allCases
    )
    func goingOn(status: ProgressStatus, event: Event) throws {
        let row = try #require(Self.table.first { $0.event == event })
        let cells = [
            ProgressStatus.pending: row.pending, .running: row.running, .waiting: row.waiting, .stalled: row.stalled,
        ]
        let cell = cells[status] ?? row.cancelling
        let isKept = cell == "=" || cell == "refused"
        let journal = try operation(status)
        let before = journal.snapshot()
        #expect(happen(event, to: journal) == (cell == "refused"))
        let after = journal.snapshot()
        #expect(after.status.rawValue == (isKept ? status.rawValue : cell))
        // A worker is lost only after its operation has been stalled.
        let isStalledFirst = event == .leaseIsLost && [.pending, .running, .waiting].contains(status)
        // The deadline of the question comes before the end of the lease.
        let isExpired = status == .waiting && (event == .leaseLapses || event == .leaseIsLost)
        #expect(after.revision == before.revision + (isKept ? 0 : isStalledFirst ? 2 : 1) + (isExpired ? 1 : 0))
        #expect((after.outcome != nil) == after.status.isEnd)
    }

    @Test(
        "Invariant 6: an ended operation does not change, and rejects reports",
        arguments: [ProgressStatus.succeeded, .failed, .cancelled],
        Event.allCases
    )
    func ended(status: ProgressStatus, event: Event) throws {
        let journal = try operation(status)
        let before = journal.snapshot()
        let isOfTime = [.deadline, .leaseHeld, .leaseLapses, .leaseIsLost, .workerIsReleased].contains(event)
        #expect(happen(event, to: journal) == !isOfTime)
        #expect(journal.snapshot() == before)
    }

    @Test(
        "Invariant 7: an operation stays cancelling when its lease lapses, until the worker is lost",
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

    @Test("A rejected request to cancel changes no status", arguments: ProgressStatus.allCases)
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
        "A deleted operation is gone and accepts no event, for every status",
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
