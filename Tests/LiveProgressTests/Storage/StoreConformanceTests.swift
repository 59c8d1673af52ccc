// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Synchronization
import Testing

@Suite struct StoreConformanceTests {
    @Test(arguments: StoreConformance.cases)
    func memoryStoreKeepsItsPromises(_ conformance: StoreConformance) async throws {
        try await conformance.run { MemoryMedium() }
    }

    @Test func everyPromiseHasACase() {
        #expect(Set(StoreConformance.cases.flatMap(\.promises)) == Set(1...10))
    }

    @Test(arguments: FaultyMedium.Fault.allCases)
    func eachFaultIsCaughtByItsCase(_ fault: FaultyMedium.Fault) async throws {
        let conformance = try #require(StoreConformance.cases.first { $0.name == fault.rawValue })
        let violation = await #expect(throws: StoreViolation.self) {
            try await conformance.run { FaultyMedium(fault: fault) }
        }
        #expect(violation?.caseName == fault.rawValue)
    }
}

/// A medium of a store with one deliberate fault; the raw value of the fault is the case that must catch it.
struct FaultyMedium: StoreMedium {
    enum Fault: String, CaseIterable {
        case losesTheLastWrite = "the last of several commits survives"
        case reorders = "the order is that of the first commits"
        case forgetsTheEnd = "the end stays"
        case duplicates = "a repeated commit counts once"
        case servesAStaleRead = "a store knows whether it was closed"
    }

    let fault: Fault
    let memory = ProgressMemoryStore()

    func open() -> any ProgressStore { FaultyStore(fault: fault, memory: memory) }
    func crash(_ store: any ProgressStore) { memory.crash() }
}

private final class FaultyStore: ProgressStore {
    private let fault: FaultyMedium.Fault
    private let memory: ProgressMemoryStore
    private let waiting = Mutex<ProgressStoreBatch?>(nil)

    init(fault: FaultyMedium.Fault, memory: ProgressMemoryStore) {
        self.fault = fault
        self.memory = memory
    }

    var description: String { "faulty" }

    func load() throws -> ProgressStoreContents {
        var contents = try memory.load()
        switch fault {
        case .reorders: contents.operations.reverse()
        case .duplicates:
            for index in contents.operations.indices { contents.operations[index].repeatNewest() }
        case .servesAStaleRead: contents.wasClosed = true
        case .losesTheLastWrite, .forgetsTheEnd: break
        }
        return contents
    }

    func commit(_ batch: ProgressStoreBatch) {
        switch fault {
        case .losesTheLastWrite:
            // The batch is committed only together with the next one.
            let former = waiting.withLock { waiting in
                defer { waiting = batch }
                return waiting
            }
            if let former { memory.commit(former) }
        case .forgetsTheEnd:
            var batch = batch
            batch.changes.removeAll { $0.newest.outcome != nil && $0.revisions.count == 2 }
            memory.commit(batch)
        case .reorders, .duplicates, .servesAStaleRead: memory.commit(batch)
        }
    }

    func close() { memory.close() }
}

extension StoredOperation {
    fileprivate mutating func repeatNewest() {
        revisions.append(revisions[revisions.count - 1])
    }
}
