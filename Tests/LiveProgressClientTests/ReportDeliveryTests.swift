// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressClient

@Suite("The delivery of a report")
struct ReportDeliveryTests {
    private static let configuration: ProgressClient.Configuration = {
        var configuration = ProgressClient.Configuration()
        configuration.initialRetryDelay = .seconds(1)
        configuration.maximumRetryDelay = .seconds(4)
        configuration.random = { 1 }
        return configuration
    }()

    private let cursor = ProgressCursor(epoch: "k3f9", revision: 4)

    private func delivery(_ report: ProgressReport) -> ReportDelivery {
        ReportDelivery(report, cursor: cursor, configuration: Self.configuration)
    }

    private func error(_ code: ProgressClientError.Code) -> ProgressClientError {
        ProgressClientError(code, "no")
    }

    @Test(
        "A report that cannot have arrived is sent again without If-Match",
        arguments: [.unreachable, .unavailable] as [ProgressClientError.Code]
    )
    func retries(code: ProgressClientError.Code) {
        var delivery = delivery(ProgressReport(state: "Processing"))
        #expect(delivery.begin() == .send(ifMatch: nil))
        #expect(delivery.refused(error(code)) == .wait(.seconds(1)))
        #expect(delivery.waited() == .send(ifMatch: nil))
        #expect(delivery.refused(error(code)) == .wait(.seconds(2)))
    }

    @Test(
        "A report whose response was lost is not recorded twice",
        arguments: [.disconnected, .timedOut] as [ProgressClientError.Code]
    )
    func arrived(code: ProgressClientError.Code) {
        var delivery = delivery(ProgressReport(state: "Processing"))
        #expect(delivery.refused(error(code)) == .wait(.seconds(1)))
        #expect(delivery.waited() == .send(ifMatch: cursor))
        #expect(delivery.refused(error(.cursorMismatch)) == .fetch)
        #expect(delivery.fetched(snapshot(5)) == .done(snapshot(5)))
    }

    @Test(
        "Invariant 8: a report counts as delivered if the snapshot of the same attempt shows no lower counts",
        arguments: [
            (40, 0.5, 1, true), (80, 0.8, 1, true), (81, nil, 1, false), (nil, 0.9, 1, false), (0, nil, 2, false),
        ]
            as [(Int64?, Double?, Int, Bool)]
    )
    func arrivedCounts(completed: Int64?, fraction: Double?, attempt: Int, isDone: Bool) {
        var report = ProgressReport()
        (report.completedCount, report.fractionCompleted, report.attempt) = (completed, fraction, attempt)
        var delivery = delivery(report)
        _ = delivery.refused(error(.disconnected))
        #expect(delivery.refused(error(.cursorMismatch)) == .fetch)
        let shown = snapshot(5, counts: ProgressCounts(completedCount: 80, totalCount: 100, fractionCompleted: 0.8))
        #expect(delivery.fetched(shown) == (isDone ? .done(shown) : .send(ifMatch: shown.cursor)))
    }

    @Test("A delivery stops after another worker has started a new run")
    func startedAnew() {
        let report = ProgressReport(state: "Processing")
        for action in [
            delivery(report).taken(snapshot(1, epoch: "next")),
            {
                var delivery = delivery(report)
                _ = delivery.refused(error(.disconnected))
                _ = delivery.refused(error(.cursorMismatch))
                return delivery.fetched(snapshot(1, epoch: "next"))
            }(),
        ] {
            guard case .stop(let error) = action else {
                Issue.record("\(action)")
                continue
            }
            #expect(error.code == .ended && error.message.contains("replaced"))
        }
        #expect(delivery(report).taken(snapshot(5)) == .done(snapshot(5)))
    }

    @Test("A report is sent again if the conflicting revision came from another worker")
    func between() {
        var delivery = delivery(ProgressReport(state: "Processing"))
        _ = delivery.refused(error(.disconnected))
        #expect(delivery.refused(error(.cursorMismatch)) == .fetch)
        let other = snapshot(5, state: "Other")
        #expect(delivery.fetched(other) == .send(ifMatch: other.cursor))
    }

    @Test("A failed fetch of the snapshot is retried")
    func fetchesAgain() {
        var delivery = delivery(ProgressReport(state: "Processing"))
        _ = delivery.refused(error(.disconnected))
        #expect(delivery.refused(error(.cursorMismatch)) == .fetch)
        #expect(delivery.refused(error(.unreachable)) == .wait(.seconds(2)))
        #expect(delivery.waited() == .fetch)
    }

    @Test("Invariant 6: a delivery distinguishes its own end from another worker's end")
    func ends() {
        var report = ProgressReport()
        report.outcome = .succeeded()
        var own = delivery(report)
        _ = own.refused(error(.timedOut))
        #expect(own.refused(error(.ended)) == .fetch)
        let end = snapshot(5, outcome: .succeeded())
        #expect(own.fetched(end) == .done(end))
        var other = delivery(report)
        _ = other.refused(error(.timedOut))
        _ = other.refused(error(.ended))
        guard case .stop(let reason) = other.fetched(snapshot(5, outcome: .cancelled)) else {
            Issue.record("the delivery took another worker's end for its own end")
            return
        }
        #expect(reason.code == .ended)
    }

    @Test(
        "Invariant 7: a delivery stops if the server accepts no more reports",
        arguments: [.ended, .staleAttempt, .unknown, .gone, .forbidden] as [ProgressClientError.Code]
    )
    func stops(code: ProgressClientError.Code) {
        var delivery = delivery(ProgressReport(state: "Processing"))
        #expect(delivery.refused(error(code)) == .stop(error(code)))
    }

    @Test("A delivery drops a report that the server calls invalid")
    func drops() {
        var delivery = delivery(ProgressReport(state: "Processing"))
        #expect(delivery.refused(error(.invalidReport)) == .drop(error(.invalidReport)))
    }

    @Test("A delivery retries the end only a limited number of times")
    func bounded() {
        var report = ProgressReport()
        report.outcome = .cancelled
        var delivery = delivery(report)
        for _ in 0..<ReportDelivery.maximumTriesOfEnd {
            guard case .wait = delivery.refused(error(.unreachable)) else {
                Issue.record("the delivery stopped before the maximum number of attempts")
                return
            }
        }
        #expect(delivery.refused(error(.unreachable)) == .stop(error(.unreachable)))
    }
}
