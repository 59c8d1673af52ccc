// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgress
@testable import LiveProgressTesting

@Suite("A copy of an operation that another node has")
struct FollowingTests {
    private let now = JournalState.Now(monotonic: .zero, date: ManualClock().clock.read().date)

    /// A service that notes its changes, and whose time stands still, so that its store reads nothing.
    private func owner() async throws -> ProgressService {
        var configuration = ProgressService.Configuration()
        configuration.clock = ManualClock().clock
        return try await ProgressService(configuration: configuration, store: ProgressMemoryStore())
    }

    /// Returns what the owner's operation has written since the last call.
    private func written(_ journal: ProgressJournal) throws -> StoredOperation {
        let (change, position) = try #require(journal.readForNodes())
        journal.noteStored(position)
        return change
    }

    private func revisions(_ copy: JournalState, after revision: UInt64) -> [UInt64] {
        var copy = copy
        return copy.read(after: revision, now: now).events.map(\.snapshot.revision)
    }

    @Test("The copy has each revision of the operation, with its cursor, up to the end")
    func follows() async throws {
        let owner = try await owner()
        let tracker = try owner.createProgress(id: "x")
        let journal = try owner.getJournal("x")
        var copy = JournalState(following: try written(journal), capacity: 8, now: now)
        for round in 1...3 {
            tracker.update("Step \(round)", details: ["round": .integer(Int64(round))])
            tracker.setCounts(completed: Int64(round), total: 3, unit: "rows")
            let news = copy.follow(try written(journal), now: now)
            #expect(news)
            #expect(copy.log.newest == journal.snapshot())
        }
        tracker.succeed(result: ["rows": 3])
        let change = try written(journal)
        let (news, repeated) = (copy.follow(change, now: now), copy.follow(change, now: now))
        #expect(news)
        #expect(!repeated)
        #expect(copy.isEnded)
        #expect(revisions(copy, after: 0) == Array(1...copy.log.newestRevision))
    }

    @Test("A tick that the other nodes have seen does not change any more")
    func ticks() async throws {
        let owner = try await owner()
        let tracker = try owner.createProgress(id: "x")
        let journal = try owner.getJournal("x")
        var copy = JournalState(following: try written(journal), capacity: 8, now: now)
        for count in 1...3 {
            tracker.advance(by: 5)
            let change = try written(journal)
            #expect(!change.isTickOpen)
            _ = copy.follow(change, now: now)
            #expect(copy.log.newest.counts?.completedCount == Int64(5 * count))
            #expect(copy.log.newestRevision == UInt64(count))
        }
    }

    @Test("Old and repeated changes, and those of another run, change nothing")
    func ignored() throws {
        let first = StoredOperation.sample("x", revisions: 0...4)
        var copy = JournalState(following: first, capacity: 8, now: now)
        for change in [
            first, .sample("x", revisions: 0...2), .sample("x", epoch: "e2", revisions: 0...9),
        ] {
            let news = copy.follow(change, now: now)
            #expect(!news)
        }
        #expect(copy.log.newestRevision == 4)
    }

    @Test("Overlapping changes are merged; after a gap, watchers receive the number of skipped revisions")
    func gaps() throws {
        var copy = JournalState(following: .sample("x", revisions: 0...4), capacity: 64, now: now)
        _ = copy.follow(.sample("x", revisions: 3...6), now: now)
        #expect(revisions(copy, after: 4) == [5, 6])
        _ = copy.follow(.sample("x", revisions: 9...10), now: now)
        let reading = copy.read(after: 6, now: now)
        #expect(reading.events.map(\.snapshot.revision) == [10])
        #expect(reading.events.map(\.skipped) == [3])
        #expect(revisions(copy, after: 8) == [9, 10])
    }

    @Test("A cursor is good on the copy: resumed exactly where the copy has its revisions")
    func cursors() throws {
        var copy = JournalState(following: .sample("x", revisions: 2...6), capacity: 64, now: now)
        let exact = copy.open(at: ProgressCursor(epoch: "e1", revision: 4), now: now)
        #expect(exact.events.map(\.snapshot.revision) == [5, 6])
        #expect(exact.events.first?.resumed == true)
        let newest = copy.open(at: ProgressCursor(epoch: "e1", revision: 0), now: now)
        #expect(newest.events.map(\.snapshot.revision) == [6])
        #expect(newest.events.first?.resumed == false)
    }

    @Test("A watcher of the copy is woken by each change")
    func waking() async throws {
        let service = TestService().service
        let core = JournalState(following: .sample("x", revisions: 0...0), capacity: 8, now: now)
        let journal = ProgressJournal(core, dependencies: service.dependencies)
        var events = journal.events().makeAsyncIterator()
        #expect(try await events.next()?.snapshot.revision == 0)
        for revision in 1...3 as ClosedRange<UInt64> {
            journal.follow(.sample("x", revisions: revision...revision))
            #expect(try await events.next()?.snapshot.revision == revision)
        }
        journal.follow(.sample("x", revisions: 4...4, outcome: .cancelled))
        #expect(try await events.next()?.kind == .end)
        #expect(try await events.next() == nil)
    }
}
