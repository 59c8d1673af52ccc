// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Testing

@testable import LiveProgressWebSocket

@Suite("A boxed optional value")
struct BoxedTests {
    private struct Broken: Error {}

    /// A value with a mutating method that can throw.
    private struct Counter {
        var count = 0

        mutating func add(failing: Bool) throws {
            count += 1
            if failing { throw Broken() }
        }
    }

    @Test("A box holds an assigned value, and nothing after an assignment of nil")
    func holdsAndForgets() {
        var slot = Boxed<Int>()
        #expect(slot.value == nil)
        slot.value = 7
        #expect(slot.value == 7)
        slot.value? += 1
        #expect(slot.value == 8)
        slot.value = nil
        #expect(slot.value == nil)
        slot.value? += 1
        #expect(slot.value == nil)
        #expect(Boxed(3).value == 3)
    }

    @Test("A box keeps the change of a method that throws")
    func keepsChangesOfThrowingCalls() {
        var slot = Boxed(Counter())
        #expect(throws: Broken.self) { try slot.value?.add(failing: true) }
        #expect(slot.value?.count == 1)
    }

    @Test("A box has value semantics: a change does not change its copies")
    func copies() {
        var slot = Boxed(1)
        let copy = slot
        slot.value? += 1
        #expect((slot.value, copy.value) == (2, 1))
    }

    @Test("A box has the size of one word, which keeps a connection small")
    func takesOneWord() {
        #expect(MemoryLayout<Boxed<ByteBuffer>>.size == MemoryLayout<Int>.size)
        #expect(MemoryLayout<WebSocketConnection>.size <= 20 * MemoryLayout<Int>.size)
    }
}
