// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import Synchronization
import Testing

@testable import LiveProgress

@Suite("Invariant 10: limits, reached and exceeded")
struct BoundsTests {
    private func code(_ body: () throws -> Void) -> ProgressError.Code? {
        do { try body() } catch { return (error as? ProgressError)?.code }
        return nil
    }

    @Test(
        "The service remembers as many deletions as its limit of operations; then it forgets the oldest",
        arguments: [1, 3]
    )
    func tombstones(limit: Int) throws {
        let service = TestService { $0.maximumOperations = limit }.service
        for number in 0..<3 * limit {
            _ = try service.createProgress(id: id("op\(number)"))
            try service.deleteProgress(id("op\(number)"))
            for known in 0...number {
                let expected: ProgressError.Code = known + limit > number ? .gone : .unknown
                #expect(code { _ = try service.getJournal(id("op\(known)")) } == expected, "\(known) of \(number)")
            }
        }
    }

    @Test("Repeated deletions of one identifier count as one deletion")
    func sameTombstone() throws {
        let service = TestService { $0.maximumOperations = 3 }.service
        for name in ["a", "b"] + Array(repeating: "c", count: 200) {
            _ = try service.createProgress(id: id(name))
            try service.deleteProgress(id(name))
        }
        for name in ["a", "b", "c"] { #expect(code { _ = try service.getJournal(id(name)) } == .gone) }
        #expect(service.state.withLock { $0.tombstones.count } == 3)
        #expect(service.state.withLock { $0.tombstoneOrder.count } == 3)
    }

    @Test("At the limit, a creation is rejected, and existing operations are unaffected", arguments: [1, 2, 5])
    func operations(limit: Int) throws {
        let service = TestService { $0.maximumOperations = limit }.service
        let trackers = try (0..<limit).map { try service.createProgress(id: id("op\($0)")) }
        #expect(code { _ = try service.createProgress(id: id("more")) } == .tooManyOperations)
        #expect(service.operationCount == limit)
        #expect(trackers.allSatisfy { $0.update("Working") })
    }

    @Test(
        "A watcher of all operations receives up to 1024 removals; past this number it must restart",
        arguments: [0, 1, 2]
    )
    func removals(more: Int) throws {
        let service = TestService().service
        let count = 1024 + more
        for number in 0..<count { _ = try service.createJournal(id: id("op\(number)")) }
        let subscription = service.subscribeToChanges(WakeSignal())
        defer { service.changes.unsubscribe(subscription) }
        let start = service.changes.read(after: 0)
        #expect(start.events.count == count)
        for number in 0..<count { try service.deleteProgress(id("op\(number)")) }
        let reading = service.changes.read(after: start.position)
        #expect(reading.events.count == 1024)
        #expect(reading.mustRestart == (more > 0))
    }

    @Test("An operation has at most 64 labels of 256 bytes each, from its creation and its reports")
    func labels() throws {
        let service = TestService().service
        let name = String(repeating: "n", count: 253)
        let value = String(repeating: "v", count: 256)
        let most = Dictionary(uniqueKeysWithValues: (100..<164).map { ("\(name)\($0)", value) })
        let journal = try service.createJournal(id: id("op"), options: .init(labels: most))
        func add(_ labels: [String: String]) -> ProgressError.Code? {
            var report = ProgressReport()
            report.labels = labels
            return code { try journal.report(report) }
        }
        #expect(add(["one-more": "x"]) == .invalidReport)
        #expect(add(["\(name)100": "changed"]) == nil)
        #expect(add(["\(name)100": value + "v"]) == .invalidReport)
        #expect(add([name + "1000": ""]) == .invalidReport)
        #expect(journal.snapshot().labels.count == 64)
        for labels in [most.merging(["x": "x"]) { one, _ in one }, [name + "nnnn": ""], ["": "x"], ["x": value + "v"]] {
            #expect(
                code { _ = try service.createProgress(id: id("other"), options: .init(labels: labels)) }
                    == .invalidReport
            )
        }
        #expect(service.operationCount == 1)
    }

    @Test("Expired deadlines of operations that restart do not accumulate")
    func deadlines() throws {
        let environment = TestService { $0.maximumOperations = 10 }
        for round in 0..<3000 {
            if round % 2 == 0 {
                try environment.service.createProgress(id: id("job")).succeed()
            } else {
                _ = try environment.service.createJournal(id: id("job"))
                try environment.service.deleteProgress(id("job"))
            }
            environment.time.advance(by: .milliseconds(1))
        }
        #expect(environment.service.dependencies.deadlines.count <= 1024)
        // A deadline that is still due must fire.
        _ = try environment.service.createJournal(id: id("job"))
        environment.time.advance(by: .seconds(60))
        #expect(try environment.service.getJournal(id("job")).snapshot().status == .stalled)
    }
}
