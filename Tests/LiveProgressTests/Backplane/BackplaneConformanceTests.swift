// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Synchronization
import Testing

@Suite struct BackplaneConformanceTests {
    @Test(arguments: BackplaneConformance.cases)
    func memoryKeepsItsPromises(_ conformance: BackplaneConformance) async throws {
        try await conformance.run { MemoryBackplaneMedium() }
    }

    @Test func everyPromiseHasACase() {
        #expect(Set(BackplaneConformance.cases.flatMap(\.promises)) == Set(1...10))
    }

    @Test(arguments: FaultyBackplane.Fault.allCases)
    func eachFaultIsCaughtByItsCase(_ fault: FaultyBackplane.Fault) async throws {
        let conformance = try #require(BackplaneConformance.cases.first { $0.name == fault.rawValue })
        let violation = await #expect(throws: BackplaneViolation.self) {
            try await conformance.run { MemoryBackplaneMedium(fault: fault) }
        }
        #expect(violation?.caseName == fault.rawValue)
    }
}

/// A medium in memory whose time the cases pass.
private struct MemoryBackplaneMedium: BackplaneMedium {
    let clock = ManualClock()
    let memory: BackplaneMemory
    let fault: FaultyBackplane.Fault?

    init(fault: FaultyBackplane.Fault? = nil) {
        memory = BackplaneMemory(clock: clock.clock)
        self.fault = fault
    }

    func connect() -> any ProgressBackplane {
        let backplane = memory.backplane()
        return fault.map { FaultyBackplane(fault: $0, memory: backplane) } ?? backplane
    }

    func pass(_ time: Duration) { clock.advance(by: time) }
}

/// A backplane with one deliberate fault; the raw value of the fault is the case that must catch it.
final class FaultyBackplane: ProgressBackplane {
    enum Fault: String, CaseIterable {
        case letsTheLastWriterWin = "one of several writers wins"
        case readsStale = "every node reads an acknowledged write"
        case keepsOnlyTheNewest = "the history has no gap"
        case hidesALostRecord = "a subscriber receives every later record"
        case bringsBackTheRecordBefore = "a record with a lifetime is forgotten"
        case scansItsOwn = "a scan finds each operation once"
        case answersForOthers = "a request reaches its node and no other"
        case losesItsLastResponse = "a node that leaves responds to what it has received"
        case hearsItself = "an announcement reaches all other nodes"
    }

    private let fault: Fault
    private let memory: MemoryBackplane
    private let former = Mutex<[ProgressID: BackplaneRecord]>([:])
    private let node = Mutex<BackplaneNode?>(nil)

    init(fault: Fault, memory: MemoryBackplane) {
        self.fault = fault
        self.memory = memory
    }

    var description: String { "faulty" }

    func join(_ node: BackplaneNode) throws(BackplaneError) {
        self.node.withLock { $0 = node }
        try memory.join(node)
    }

    func leave() { memory.leave() }

    func write(_ draft: BackplaneDraft, of id: ProgressID, expecting sequence: UInt64) throws(BackplaneError) -> UInt64
    {
        let before = try memory.read(id)
        former.withLock { $0[id] = before }
        let expected = fault == .letsTheLastWriterWin ? before?.sequence ?? 0 : sequence
        return try memory.write(draft, of: id, expecting: expected)
    }

    func read(_ id: ProgressID) throws(BackplaneError) -> BackplaneRecord? {
        let newest = try memory.read(id)
        return switch fault {
        case .readsStale: try memory.history(of: id).dropLast().last ?? newest
        case .bringsBackTheRecordBefore: newest ?? former.withLock { $0[id] }
        default: newest
        }
    }

    func history(of id: ProgressID) throws(BackplaneError) -> [BackplaneRecord] {
        let records = try memory.history(of: id)
        return fault == .keepsOnlyTheNewest ? records.suffix(1) : records
    }

    func subscribe(
        to id: ProgressID,
        receive: @escaping @Sendable (BackplaneRecord) -> Void
    ) throws(BackplaneError) -> BackplaneSubscription {
        guard fault == .hidesALostRecord else { return try memory.subscribe(to: id, receive: receive) }
        let last = Mutex<UInt64?>(nil)
        return try memory.subscribe(to: id) { record in
            let lost = record.payload == Array("7".utf8)
            var record = record
            if let previous = last.withLock(\.self) { record.previous = previous }
            guard !lost else { return }
            last.withLock { [sequence = record.sequence] in $0 = sequence }
            receive(record)
            // The number of records stays, so only their sequences can show the loss.
            if record.payload == Array("8".utf8) { receive(record) }
        }
    }

    func unsubscribe(_ subscription: BackplaneSubscription) { memory.unsubscribe(subscription) }

    func scan() throws(BackplaneError) -> [BackplaneRecord] {
        let name = node.withLock { $0?.name }
        return try memory.scan().filter { fault != .scansItsOwn || $0.owner == name }
    }

    func request(_ message: [UInt8], to name: String, within limit: Duration) async throws(BackplaneError) -> [UInt8] {
        if fault == .answersForOthers, let node = node.withLock(\.self) { return await node.respond(message) }
        let answer = try await memory.request(message, to: name, within: limit)
        if fault == .losesItsLastResponse, message == Array("held".utf8) {
            throw BackplaneError(.unknownOutcome, "The response is lost.")
        }
        return answer
    }

    func announce(_ message: [UInt8]) {
        memory.announce(message)
        if fault == .hearsItself { node.withLock(\.self)?.hear(message) }
    }
}
