// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.
import LiveProgressTesting
import Testing

@testable import LiveProgress

@Suite("Invariant 10: what is remembered of operations that are gone is bounded")
struct BoundsTests {
    private func code(_ service: ProgressService, _ name: String) -> ProgressError.Code? {
        do { _ = try service.getJournal(id(name)) } catch { return error.code }
        return nil
    }

    @Test("Of deleted operations as many are remembered as there may be operations, the newest")
    func deletions() throws {
        let service = TestService { $0.maximumOperations = 2 }.service
        for name in ["a", "b", "c", "d"] {
            _ = try service.createJournal(id: id(name))
            try service.deleteProgress(id(name))
        }
        #expect(["a", "b", "c", "d"].map { code(service, $0) } == [.unknown, .unknown, .gone, .gone])
    }

    @Test("A deletion that is made again counts once, as the newest")
    func deletedAgain() throws {
        let service = TestService { $0.maximumOperations = 2 }.service
        for name in ["a", "b", "a", "c"] {
            _ = try service.createJournal(id: id(name))
            try service.deleteProgress(id(name))
        }
        #expect(["a", "b", "c"].map { code(service, $0) } == [.gone, .unknown, .gone])
    }

    @Test("A reader that is behind more removals than are remembered begins anew; one that is not goes on")
    func removals() throws {
        final class Silent: ProgressWaker { func wake() {} }
        let service = TestService().service
        let subscription = service.subscribeToChanges(Silent())
        defer { service.changes.unsubscribe(subscription) }
        func remove(_ count: Int, from first: Int) throws {
            for number in first..<(first + count) { _ = try service.createJournal(id: id("op-\(number)")) }
            service.changes.frame()
            for number in first..<(first + count) { try service.deleteProgress(id("op-\(number)")) }
        }
        _ = try service.createJournal(id: id("stays"))
        service.changes.frame()
        let start = service.changes.read(after: 0).position
        try remove(1024, from: 0)
        let atTheBound = service.changes.read(after: start)
        #expect(!atTheBound.mustRestart)
        #expect(atTheBound.events.count == 1024)
        try remove(1, from: 1024)
        let tooFarBehind = service.changes.read(after: start).mustRestart
        #expect(tooFarBehind)
        let next = service.changes.read(after: atTheBound.position)
        #expect(!next.mustRestart)
        #expect(next.events == [.removed(id("op-1024"))])
        #expect(service.changes.read(after: 0).events.count == 1)
    }

    @Test("A cursor's epoch has up to 32 characters")
    func epochs() {
        let longest = String(repeating: "e", count: 32)
        #expect(ProgressCursor("\(longest)-1")?.epoch == longest)
        #expect(ProgressCursor("\(longest)e-1") == nil)
        #expect(ProgressCursor("\(longest)-18446744073709551615")?.revision == .max)
        #expect(ProgressCursor("\(longest)-18446744073709551616") == nil)
    }
}
