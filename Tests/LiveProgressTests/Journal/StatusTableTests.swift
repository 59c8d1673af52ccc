// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Testing

@testable import LiveProgress

/// Every event in every status: what the status is then, `=` where no revision is made, `!` and the code where it is refused.
@Suite("What happens to an operation, by its status")
struct StatusTableTests {
    private static let lease = Duration.seconds(10)
    private static let grace = Duration.seconds(20)

    enum Event: CaseIterable {
        case state, empty, attempt, tick, units, cancel, lapse, lose, succeed, fail, cancelled, abandon
    }

    private static let table: [(status: String, events: [String])] = [
        //             state         empty         attempt       tick          units         cancel
        //             lapse         lose          succeed       fail          cancelled     abandon
        (
            "pending",
            [
                "running", "running", "running", "running", "running", "cancelling",
                "stalled", "failed", "succeeded", "failed", "cancelled", "failed",
            ]
        ),
        (
            "running",
            [
                "running", "=", "running", "running", "running", "cancelling",
                "stalled", "failed", "succeeded", "failed", "cancelled", "failed",
            ]
        ),
        (
            "stalled",
            [
                "running", "running", "running", "running", "running", "cancelling",
                "=", "failed", "succeeded", "failed", "cancelled", "failed",
            ]
        ),
        (
            "cancelling",
            [
                "cancelling", "=", "cancelling", "cancelling", "cancelling", "=",
                "=", "failed", "succeeded", "failed", "cancelled", "failed",
            ]
        ),
        ("succeeded", ended), ("failed", ended), ("cancelled", ended),
        (
            "removed",
            [
                "!gone", "!gone", "!gone", "=", "=", "!gone",
                "=", "=", "!gone", "!gone", "!gone", "=",
            ]
        ),
    ]
    private static let ended = [
        "!ended", "!ended", "!ended", "=", "=", "!ended",
        "=", "=", "!ended", "!ended", "!ended", "=",
    ]

    private func now(_ seconds: Duration) -> JournalState.Now {
        JournalState.Now(monotonic: seconds, date: Date(timeIntervalSince1970: 0))
    }

    /// An operation in a status, with a lease that was renewed at 0.
    private func operation(_ status: String) throws -> JournalState {
        var first = ProgressSnapshot(
            id: id("op"),
            cursor: ProgressCursor(epoch: "e", revision: 0),
            createdAt: now(.zero).date,
            updatedAt: now(.zero).date
        )
        first.head.isCancellable = true
        let lease = Lease(duration: Self.lease, grace: Self.grace, now: .zero)
        var state = JournalState(first: first, capacity: 64, lease: lease)
        switch status {
        case "pending": break
        case "running": try state.apply(ProgressReport(state: "Working"), now: now(.zero))
        case "stalled": _ = state.checkLease(now: now(Self.lease))
        case "cancelling": try state.requestCancel(now: now(.zero))
        case "succeeded": try end(&state, .succeeded(result: 1))
        case "failed": try end(&state, .failed(ProgressProblem(title: "no")))
        case "cancelled": try end(&state, .cancelled)
        default: _ = state.remove(.deleted)
        }
        return state
    }

    private func end(_ state: inout JournalState, _ outcome: ProgressOutcome) throws(ProgressError) {
        var report = ProgressReport()
        report.outcome = outcome
        try state.apply(report, now: now(.zero))
    }

    private func perform(_ event: Event, on state: inout JournalState) throws(ProgressError) {
        switch event {
        case .state: try state.apply(ProgressReport(state: "On"), now: now(.zero))
        case .empty: try state.apply(ProgressReport(), now: now(.zero))
        case .attempt:
            var report = ProgressReport()
            report.attempt = state.log.newest.attempt + 1
            try state.apply(report, now: now(.zero))
        case .tick: _ = state.tick({ $0.advance(CountTree.root, by: 1) }, renewingAt: .zero)
        case .units: state.count(1)
        case .cancel: try state.requestCancel(now: now(.zero))
        case .lapse: _ = state.checkLease(now: now(Self.lease))
        case .lose: _ = state.checkLease(now: now(Self.lease + Self.grace))
        case .succeed: try end(&state, .succeeded(result: 1))
        case .fail: try end(&state, .failed(ProgressProblem(title: "no")))
        case .cancelled: try end(&state, .cancelled)
        case .abandon: _ = state.endForLostWorker(.abandoned, now: now(.zero))
        }
        state.seal(now: now(.zero))
    }

    @Test("Each event does what the table says, and what is over stays as it is", arguments: table.map(\.status))
    func row(_ status: String) throws {
        let expected = try #require(Self.table.first { $0.status == status }).events
        for (event, expected) in zip(Event.allCases, expected) {
            var state = try operation(status)
            let before = state.log.newest
            var result: String
            do throws(ProgressError) {
                try perform(event, on: &state)
                result = state.log.newestRevision == before.revision ? "=" : state.log.status.rawValue
            } catch {
                result = "!\(error.code.name)"
            }
            #expect(result == expected, "\(event) while \(status)")
            if expected.hasPrefix("!") || expected == "=" {
                #expect(state.log.newest == before, "\(event) while \(status)")
            }
        }
    }

    @Test("A worker that was asked to stop and falls silent is lost like any other, without being stalled before")
    func silentWhileCancelling() throws {
        var state = try operation("cancelling")
        for silence in [Self.lease, Self.lease + Self.grace - .seconds(1)] {
            let isChanged = state.checkLease(now: now(silence))
            #expect(!isChanged)
            #expect(state.log.status == .cancelling)
        }
        _ = state.checkLease(now: now(Self.lease + Self.grace))
        #expect(state.log.newest.outcome == .failed(.workerLost))
    }
}
