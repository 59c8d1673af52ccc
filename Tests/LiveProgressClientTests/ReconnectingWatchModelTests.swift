// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Testing

@testable import LiveProgressClient

/// One watch of a real journal over connections that break at random points.
private struct WatchModel {
    let journal: ProgressJournal
    var watch: ReconnectingWatch
    var random: SeededGenerator
    var delivered: [ProgressEvent] = []
    var isFinished = false
    private var sent: [ProgressEvent] = []
    private var position: UInt64?

    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        var configuration = ProgressService.Configuration()
        configuration.journalCapacity = Int.random(in: 2...8, using: &random)
        let service = ProgressService(configuration: configuration)
        journal = try service.createJournal(options: ProgressOptions(lease: .seconds(3600)))
        watch = ReconnectingWatch(from: nil, configuration: ProgressClient.Configuration())
    }

    mutating func report(_ number: Int, isEnd: Bool) throws {
        var report = ProgressReport(state: "S\(number)")
        if Bool.random(using: &random) { report.completedCount = Int64(number) }
        if isEnd { report.outcome = .succeeded() }
        _ = try journal.report(report)
    }

    /// Runs the next action of the watch, or breaks the connection.
    mutating func step() {
        if position != nil, Int.random(in: 0..<4, using: &random) == 0 {
            sent = []
            position = nil
            _ = watch.closed(code: 1006, reason: "")
            return
        }
        switch watch.resume() {
        case .connect(let cursor):
            let reading = journal.open(at: cursor)
            (sent, position) = (reading.events, reading.position)
            _ = watch.connected()
        case .read: read()
        case .finish: isFinished = true
        case .deliver, .wait, .fail: Issue.record("resume returned an action that only other calls may return")
        }
    }

    private mutating func read() {
        if sent.isEmpty, let position {
            let reading = journal.read(after: position)
            (sent, self.position) = (reading.events, reading.position)
            if reading.isFinished, sent.isEmpty { _ = watch.closed(code: 1000, reason: "") }
        }
        guard !sent.isEmpty else { return }
        if case .deliver(let event) = watch.received(sent.removeFirst()) { delivered.append(event) }
    }
}

@Suite("A watch over connections that break at random")
struct ReconnectingWatchModelTests {
    @Test("Invariants 3 and 5: revisions rise, skipped counts are exact, the end arrives", arguments: 0..<200)
    func model(seed: UInt64) throws {
        var model = try WatchModel(seed: seed)
        let reports = Int.random(in: 1...40, using: &model.random)
        for number in 1...reports {
            try model.report(number, isEnd: number == reports)
            for _ in 0..<Int.random(in: 0...4, using: &model.random) { model.step() }
        }
        for _ in 0..<1000 where !model.isFinished { model.step() }
        #expect(model.isFinished)
        #expect(model.delivered.last?.kind == .end)
        #expect(model.delivered.last?.snapshot == model.journal.snapshot())
        for (old, new) in zip(model.delivered, model.delivered.dropFirst()) {
            #expect(new.snapshot.revision == old.snapshot.revision + new.skipped + 1)
        }
    }
}
