// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressClient

@Suite("The queue of reports")
struct ReportQueueTests {
    private func tick(_ count: Int64) -> ProgressReport {
        var report = ProgressReport()
        report.advance = count
        return report
    }

    private func drain(_ queue: inout ReportQueue) -> [ProgressReport] {
        var reports: [ProgressReport] = []
        while let entry = queue.take() {
            reports.append(entry.report)
            queue.completeInFlight()
        }
        return reports
    }

    @Test("The queue keeps every transition in order, and only the newest counts, as absolute numbers")
    func coalesces() {
        var queue = ReportQueue(completedCount: 10, capacity: 100)
        for state in ["A", "B"] {
            _ = queue.push(ProgressReport(state: state))
            for _ in 0..<1000 { _ = queue.push(tick(1)) }
        }
        let reports = drain(&queue)
        #expect(reports.map(\.state) == ["A", "B"])
        #expect(reports.map(\.completedCount) == [1010, 2010])
        #expect(reports.allSatisfy { $0.advance == nil })
        #expect(queue.isEmpty)
    }

    @Test("Invariant 8: the queue ignores a count or fraction below an earlier one of the same attempt")
    func neverFalls() {
        var queue = ReportQueue(completedCount: 10, capacity: 100)
        for (completed, advance, fraction) in [(80, nil, 0.5), (40, nil, 0.1), (nil, 5, nil), (40, 5, 0.2)]
            as [(Int64?, Int64?, Double?)]
        {
            var report = tick(0)
            (report.completedCount, report.advance, report.fractionCompleted) = (completed, advance, fraction)
            _ = queue.push(report)
        }
        #expect(drain(&queue).map { [$0.completedCount.map(Double.init), $0.fractionCompleted] } == [[90, 0.5]])
        var retry = ProgressReport(state: "Retrying")
        (retry.attempt, retry.completedCount, retry.fractionCompleted) = (2, 3, 0.1)
        _ = queue.push(retry)
        #expect(drain(&queue).map { [$0.completedCount.map(Double.init), $0.fractionCompleted] } == [[3, 0.1]])
    }

    @Test("The queue does not change a report that is in flight")
    func inFlight() {
        var queue = ReportQueue(completedCount: 0, capacity: 100)
        _ = queue.push(tick(1))
        let first = queue.take()
        _ = queue.push(tick(1))
        _ = queue.push(tick(1))
        let second = queue.take()
        #expect(second == nil, "only one report may be in flight")
        #expect(first?.report.completedCount == 1)
        #expect(queue.holdsOnlyCounts)
        queue.completeInFlight()
        #expect(queue.completedNumber == 1)
        let next = queue.take()
        #expect(next?.report.completedCount == 3)
        queue.completeInFlight()
        #expect(queue.completedNumber == 3)
    }

    @Test("Invariant 6: the queue accepts nothing after the end")
    func end() {
        var queue = ReportQueue(completedCount: 0, capacity: 100)
        var end = ProgressReport()
        end.outcome = .succeeded()
        let taken = [queue.push(tick(5)), queue.push(end), queue.push(tick(1)), queue.push(end)]
        #expect(taken == [true, true, false, false])
        let reports = drain(&queue)
        #expect(reports.map(\.completedCount) == [5, nil])
        #expect(reports.last?.outcome == .succeeded())
    }

    @Test("Invariant 10: past its capacity, the queue folds the oldest transitions and counts them")
    func bounded() {
        var queue = ReportQueue(completedCount: 0, capacity: 3)
        for number in 1...10 {
            var report = ProgressReport(state: "S\(number)")
            report.labels = ["n\(number)": "x"]
            _ = queue.push(report)
        }
        #expect(queue.foldedCount == 7)
        let reports = drain(&queue)
        #expect(reports.map(\.state) == ["S8", "S9", "S10"])
        #expect(reports[0].labels?.count == 8, "a folded report keeps the members that no later report replaces")
        #expect(queue.completedNumber == 10)
    }

    @Test("A report with only a count is merged like a report with other members")
    func countAlone() {
        var queues = [ReportQueue(completedCount: 10, capacity: 100), ReportQueue(completedCount: 10, capacity: 100)]
        for index in queues.indices {
            var first = ProgressReport(state: "A")
            (first.attempt, first.completedCount, first.unit) = (2, 3, "rows")
            _ = queues[index].push(first)
            var count = tick(4)
            if index == 1 { count.unit = "rows" }
            _ = queues[index].push(count)
        }
        let drained = queues.map { queue in
            var queue = queue
            return drain(&queue)
        }
        #expect(drained[0] == drained[1])
        #expect(drained[0].map(\.completedCount) == [7])
    }

    @Test("A count of another unit replaces the count, and is not merged with it")
    func units() {
        var queue = ReportQueue(completedCount: 90, unit: "%", capacity: 100)
        for (completed, unit) in [(100, "%"), (1, "phases"), (2, "phases"), (5, "%"), (6, "%")] as [(Int64, String)] {
            _ = queue.push(ProgressReport(completedCount: completed, totalCount: .unknown, unit: unit))
        }
        let reports = drain(&queue)
        #expect(reports.map(\.completedCount) == [100, 2, 6])
        #expect(reports.map(\.unit) == ["%", "phases", "%"])
        let folded = ProgressReport(completedCount: 1, unit: "phases")
            .folded(onto: ProgressReport(completedCount: 100, totalCount: 100, unit: "%", fractionCompleted: 1))
        #expect(folded == ProgressReport(completedCount: 1, unit: "phases"))
    }

    @Test("Folding two reports gives the result of applying both in order")
    func folds() {
        var old = ProgressReport(state: "A", details: ["x": 1])
        old.completedCount = 5
        old.totalCount = .unknown
        old.title = "Old"
        let news = ProgressReport(state: "B").folded(onto: old)
        #expect(news.state == "B")
        #expect(news.details == nil, "a state without details clears the details")
        #expect(news.completedCount == 5)
        #expect(news.totalCount == .unknown)
        #expect(news.title == "Old")
        let details = ProgressReport(details: ["y": 2]).folded(onto: old)
        #expect(details.state == "A")
        #expect(details.details == ["y": 2])
        var retry = ProgressReport(state: "Retrying")
        retry.attempt = 2
        #expect(retry.folded(onto: old).completedCount == nil, "a new attempt restarts the counts")
    }

    @Test("A new attempt restarts the counts, and a count stops at the maximum integer")
    func attempts() {
        var queue = ReportQueue(completedCount: 7, capacity: 100)
        var retry = ProgressReport(state: "Retrying")
        retry.attempt = 2
        _ = queue.push(retry)
        _ = queue.push(tick(2))
        _ = queue.push(tick(.max))
        let reports = drain(&queue)
        #expect(reports.map(\.completedCount) == [.max])
    }
}
