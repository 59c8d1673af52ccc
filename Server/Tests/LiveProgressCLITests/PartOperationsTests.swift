// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressCLI

@Suite("Parts that programs report are operations below the run")
struct PartOperationsTests {
    private let service = ProgressService()
    private let root = ProgressID("run")
    private var operations: PartOperations

    init() throws {
        let service = service
        operations = PartOperations(of: root) { try? service.createProgress(options: $0) }
    }

    private mutating func play(_ bodies: String...) throws {
        operations.apply(try bodies.map { try #require(ProgramStatus(command: "7501;\($0)".utf8)) })
    }

    /// Returns the operations with a title, the oldest first.
    private func operations(_ title: String) -> [ProgressSnapshot] {
        service.list(ProgressQuery(limit: 10_000)).snapshots.filter { $0.title == title }.reversed()
    }

    @Test("A part has its own state, percentage and end, and the nearest reported part above it as its parent")
    mutating func life() throws {
        try play(
            "state=working",
            "state=working:id=a:progress=40:title=VGVzdHM=:msg=UnVubmluZw==",
            "state=working:id=a/b/c:progress=1"
        )
        let tests = try #require(operations("Tests").first)
        #expect(tests.parent == root && tests.state == "Running")
        #expect(tests.counts?.completedCount == 40 && tests.counts?.totalCount == 100)
        #expect(operations("a/b/c").first?.parent == tests.id)
        try play("state=done:id=a", "state=error:id=a/b/c:msg=Tm8gZGlzaw==")
        #expect(operations("Tests").map(\.status) == [.succeeded])
        #expect(operations("Tests").first?.counts?.fractionCompleted == 1, "A success completes the bar.")
        #expect(operations("a/b/c").first?.error?.title == "No disk")
    }

    @Test("A blocked part waits for a person at the terminal, three times, and watchers cannot answer")
    mutating func blocked() throws {
        for _ in 0..<3 {
            try play("state=working:id=a", "state=blocked:id=a:kind=permission:msg=UnVuIHg/", "state=working:id=b")
            let waiting = try #require(operations("a").first)
            #expect(waiting.status == .waiting)
            #expect(
                waiting.waitingFor?.question.message == "Run x?" && waiting.waitingFor?.question.kind == .permission
            )
            #expect(throws: ProgressError.self) { try service.answer(waiting.id, "yes") }
            try play("state=working:id=a")
            #expect(operations("a").first?.status == .running)
        }
    }

    @Test("A part that is removed before its end is cancelled; one that begins again after its end is a new operation")
    mutating func removed() throws {
        for round in 1...3 {
            try play("state=working:id=a", "state=working:id=b")
            try play("state=done:id=b", "state=clear:id=a")
            #expect(operations("a").map(\.status) == Array(repeating: .cancelled, count: round))
            #expect(operations("b").map(\.status) == Array(repeating: .succeeded, count: round))
        }
    }

    @Test("Of several reports at once each has its effect, and a part above comes first even if it is reported again")
    mutating func atOnce() throws {
        try play("state=working", "state=working:id=a", "state=error:id=a", "state=clear:id=a")
        #expect(operations("a").map(\.status) == [.failed])
        try play("state=working:id=b", "state=working:id=b/c", "state=working:id=b:progress=1")
        #expect(operations("b/c").first?.parent == operations("b").first?.id)
    }

    @Test(
        "A shell's prompt ends the parts of running programs alone, and a reset ends all, also those that the records have forgotten"
    )
    mutating func prompt() throws {
        var records = ProgramRecords()
        for body in ["state=working", "state=idle:id=a", "state=working:id=b"] {
            let status = try #require(ProgramStatus(command: "7501;\(body)".utf8))
            records.apply(status)
            operations.apply([status])
        }
        operations.apply(records.clearedRunning())
        #expect(operations("a").map(\.status) == [.running])
        #expect(operations("b").map(\.status) == [.cancelled])
        for number in 0..<300 { try play("state=working:id=p\(number)") }
        operations.apply([.clearAll])
        #expect(operations("p0").map(\.status) == [.cancelled])
        #expect(operations("a").map(\.status) == [.cancelled])
    }

    @Test("A part stays when the program has reported many others since")
    mutating func many() throws {
        try play("state=working", "state=working:id=first")
        for number in 0..<300 { try play("state=working:id=p\(number)") }
        #expect(operations("first").map(\.status) == [.running])
        try play("state=done:id=first")
        #expect(operations("first").map(\.status) == [.succeeded])
    }

    @Test("Parts that are left at the end of the command end as it does", arguments: [true, false])
    mutating func left(isSuccess: Bool) async throws {
        try play("state=working:id=a:progress=10", "state=done:id=b")
        let problem = ProgressProblem(title: "x exited with 3")
        operations.end(isSuccess ? .succeeded() : .failed(problem))
        #expect(await operations.missing() == nil)
        #expect(operations("a").map(\.status) == [isSuccess ? .succeeded : .failed])
        #expect(operations("a").first?.error?.title == (isSuccess ? nil : "x exited with 3"))
        #expect(operations("b").map(\.status) == [.succeeded])
    }

    @Test("A run begins a bounded number of operations")
    mutating func bounded() throws {
        for number in 0..<PartOperations.maximumCount + 10 {
            try play("state=working:id=p\(number)", "state=working:id=q")
            try play("state=clear:id=p\(number)")
        }
        #expect(service.list(ProgressQuery(limit: 10_000)).snapshots.count == PartOperations.maximumCount)
    }
}
