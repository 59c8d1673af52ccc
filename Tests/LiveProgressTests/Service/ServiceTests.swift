// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Testing

@Suite("Creating, finding, listing and deleting operations")
struct ServiceTests {
    private let environment = TestService()
    private var service: ProgressService { environment.service }
    private var time: ManualClock { environment.time }

    private func code(_ body: () throws -> Void) -> ProgressError.Code? {
        do { try body() } catch { return (error as? ProgressError)?.code }
        return nil
    }

    @Test("The service generates UUIDs of version 4 as identifiers")
    func identifiers() throws {
        let first = try service.createProgress()
        let second = try service.createProgress()
        #expect(first.id != second.id)
        let version4 = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/
        #expect(first.id.rawValue.wholeMatch(of: version4) != nil)
    }

    @Test("Creation with an identifier in use is rejected, and the existing operation is unaffected")
    func taken() throws {
        let tracker = try service.createProgress(id: id("op"))
        #expect(code { _ = try service.createProgress(id: id("op")) } == .alreadyExists)
        #expect(tracker.snapshot()?.status == .pending)
    }

    @Test("Invariant 10: past the limit of operations, a creation is rejected")
    func full() throws {
        let environment = TestService { $0.maximumOperations = 2 }
        let trackers = try (0..<2).map { _ in try environment.service.createProgress() }
        #expect(code { _ = try environment.service.createProgress() } == .tooManyOperations)
        try environment.service.deleteProgress(trackers[0].id)
        #expect(code { _ = try environment.service.createProgress() } == nil)
    }

    @Test("A deleted operation is gone for a time, and then unknown")
    func unknownAndGone() throws {
        #expect(code { _ = try service.getProgress(id("op")) } == .unknown)
        let tracker = try service.createProgress(id: id("op"))
        try service.deleteProgress(id("op"))
        #expect(code { _ = try service.getJournal(id("op")) } == .gone)
        #expect(code { try service.deleteProgress(id("op")) } == .gone)
        #expect(!tracker.update("Into the void"))
        time.advance(by: .seconds(24 * 60 * 60))
        #expect(code { _ = try service.getJournal(id("op")) } == .unknown)
    }

    @Test("Deleting an operation disconnects its watchers")
    func deletingDisconnects() async throws {
        let tracker = try service.createProgress(id: id("op"))
        var stream = try service.stream(id("op")).makeAsyncIterator()
        #expect(try await stream.next(isolation: nil)?.state == "Pending")
        let next = Task { [stream] in
            var stream = stream
            return try await stream.next(isolation: nil)
        }
        try service.deleteProgress(tracker.id)
        await #expect(throws: ProgressError.self) { try await next.value }
    }

    @Test("Invariant 5: the end is available until the retention ends; then the operation is gone, and later unknown")
    func retention() throws {
        try service.createProgress(id: id("op")).succeed()
        time.advance(by: .seconds(24 * 60 * 60 - 1))
        #expect(try service.getJournal(id("op")).snapshot().status == .succeeded)
        time.advance(by: .seconds(1))
        #expect(code { _ = try service.getJournal(id("op")) } == .gone)
        time.advance(by: .seconds(24 * 60 * 60))
        #expect(code { _ = try service.getJournal(id("op")) } == .unknown)
        #expect(service.operationCount == 0)
    }

    @Test("An operation past its retention is removed without a request, and its watchers are woken")
    func expiresByItself() async throws {
        let service = service
        let tracker = try service.createProgress(id: id("op"))
        let journal = try service.getJournal(id("op"))
        final class Waker: ProgressWaker {
            let woken = AsyncStream<Void>.makeStream()
            func wake() { woken.continuation.yield() }
        }
        let waker = Waker()
        _ = journal.subscribe(waker)
        tracker.succeed()
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(24 * 60 * 60))
        for await _ in waker.woken.stream where journal.read(after: 1).removal == .expired { break }
        #expect(service.operationCount == 0)
    }

    @Test("Invariant 7: a silent remote worker is stalled after its lease, and lost after the grace period")
    func lease() async throws {
        let journal = try service.createJournal(id: id("op"), options: .init(lease: .seconds(10)))
        try journal.report(ProgressReport(state: "Working"))
        var events = journal.events().makeAsyncIterator()
        #expect(try await events.next(isolation: nil)?.snapshot.status == .running)
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(10))
        #expect(try await events.next(isolation: nil)?.snapshot.status == .stalled)
        try journal.report(ProgressReport(state: "Back again"))
        #expect(try await events.next(isolation: nil)?.snapshot.status == .running)
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(10))
        #expect(try await events.next(isolation: nil)?.snapshot.status == .stalled)
        await time.sleepers(atLeast: 1)
        time.advance(by: .seconds(300))
        let end = try await events.next(isolation: nil)
        #expect(end?.kind == .end)
        #expect(end?.snapshot.error == .workerLost)
        #expect(code { try journal.report(ProgressReport(state: "Too late")) } == .ended)
    }

    @Test("The list starts with the newest operation; its pages have no repeats and no gaps")
    func pages() throws {
        let journals = try (0..<25).map { number in
            try service.createJournal(
                id: id("op\(number)"),
                options: .init(parent: number < 5 ? id("p") : nil, labels: ["even": "\(number % 2 == 0)"])
            )
        }
        var found: [String] = []
        var query = ProgressQuery(labels: ["even": "true"], limit: 5)
        repeat {
            let page = service.list(query)
            found += page.snapshots.map(\.id.rawValue)
            query.pageToken = page.nextPageToken
        } while query.pageToken != nil
        #expect(found == (0..<25).reversed().filter { $0 % 2 == 0 }.map { "op\($0)" })
        #expect(service.list(.init(parent: id("p"))).snapshots.count == 5)
        try journals[3].report(ProgressReport(state: "Working"))
        #expect(service.list(.init(statuses: [.running])).snapshots.map(\.id) == [id("op3")])
    }

    @Test("The feed sends all current operations, then each change and removal")
    func feed() async throws {
        let present = try service.createJournal(id: id("present"))
        var feed = service.events(matching: ProgressQuery()).makeAsyncIterator()
        #expect(await feed.next(isolation: nil) == .changed(present.snapshot()))
        let later = try service.createJournal(id: id("later"))
        await time.sleepers(atLeast: 2)
        time.advance(by: .milliseconds(33))
        #expect(await feed.next(isolation: nil) == .changed(later.snapshot()))
        try service.deleteProgress(id("present"))
        #expect(await feed.next(isolation: nil) == .removed(id("present")))
    }

    @Test("Large lists and feeds include every operation")
    func many() async throws {
        let labels = (0..<300).map { $0 % 100 == 0 ? ["rare": "yes"] : [:] }
        let journals = try labels.map { try service.createJournal(options: .init(labels: $0)) }
        let all = service.list(.init(limit: 1000))
        #expect(all.snapshots.map(\.id) == journals.reversed().map(\.id))
        #expect(all.nextPageToken == nil)
        let rare = service.list(.init(labels: ["rare": "yes"], limit: 2))
        #expect(rare.snapshots.map(\.id) == [journals[200].id, journals[100].id])
        let last = service.list(.init(labels: ["rare": "yes"], limit: 2, pageToken: rare.nextPageToken))
        #expect(last.snapshots.map(\.id) == [journals[0].id])
        #expect(last.nextPageToken == nil)

        var feed = service.events(matching: ProgressQuery()).makeAsyncIterator()
        for journal in journals { #expect(await feed.next(isolation: nil) == .changed(journal.snapshot())) }
    }

    @Test("Watchers of all operations read in chunks, independently, without a gap (invariant 11)")
    func followsPieceByPiece() throws {
        let journals = try (0..<1000).map { try service.createJournal(id: id("op\($0)")) }
        let subscription = service.subscribeToChanges(NoWaker())
        defer { service.changes.unsubscribe(subscription) }
        let first = service.changes.read(after: 0, limit: 10)
        #expect(first.events == journals.prefix(10).map { .changed($0.snapshot()) })
        #expect(first.hasMore)

        // A removed operation that was not sent yet is left out; a changed operation is sent once, with its current
        // snapshot.
        try service.deleteProgress(id("op999"))
        try journals[998].report(ProgressReport(state: "Working"))
        var (positions, told) = ([first.position, 0], [first.events.count, 0])
        var isDone = false
        while !isDone {
            isDone = true
            for reader in 0..<2 {
                let reading = service.changes.read(after: positions[reader], limit: 10)
                positions[reader] = reading.position
                told[reader] += reading.events.count
                #expect(!reading.events.contains(.changed(journals[999].snapshot())))
                if reading.hasMore { isDone = false }
            }
        }
        #expect(told == [999, 999])
    }

    @Test("Ticks wake a watcher at the frame rate: the first tick immediately, the last tick at the end of its frame")
    func frames() async throws {
        let tracker = try service.createProgress(id: id("op"))
        var events = try service.getJournal(id("op")).events().makeAsyncIterator()
        _ = try await events.next(isolation: nil)
        tracker.advance()
        #expect(try await events.next(isolation: nil)?.snapshot.counts?.completedCount == 1)
        for _ in 0..<100 { tracker.advance() }
        await time.sleepers(atLeast: 1)
        time.advance(by: .milliseconds(33))
        #expect(try await events.next(isolation: nil)?.snapshot.counts?.completedCount == 101)
    }
}

private final class NoWaker: ProgressWaker {
    func wake() {}
}
