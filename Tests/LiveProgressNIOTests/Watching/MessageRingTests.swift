// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire
import NIOCore
import Testing

@testable import LiveProgressNIO

@Suite("The messages encoded last")
struct MessageRingTests {
    /// The updates of an operation, from revision 0.
    private func updates(_ count: Int) throws -> [ProgressEvent] {
        let service = ProgressService()
        let tracker = try service.createProgress()
        let journal = try service.getJournal(tracker.id)
        return try (0..<count).map { number in
            let event = ProgressEvent(kind: .update, snapshot: journal.snapshot())
            try journal.report(ProgressReport(state: "Step \(number)"))
            return event
        }
    }

    @Test("a message is found until one takes its place, 32 revisions later")
    func holds() throws {
        let keys = try updates(40).map { MessageKey($0, as: .full) }
        var ring = MessageRing()
        #expect(ring[keys[0]] == nil)
        for (number, key) in keys.enumerated() { ring[key] = ByteBuffer(integer: number) }
        for (number, key) in keys.enumerated() {
            #expect(ring[key] == (number < 8 ? nil : ByteBuffer(integer: number)))
        }
    }

    @Test("what differs in the full format is told apart, and shared in the plain one")
    func tellsApart() throws {
        let snapshot = try updates(1)[0].snapshot
        let events = [
            ProgressEvent(kind: .update, snapshot: snapshot),
            ProgressEvent(kind: .snapshot, snapshot: snapshot, resumed: false),
            ProgressEvent(kind: .snapshot, snapshot: snapshot, resumed: true),
            ProgressEvent(kind: .update, snapshot: snapshot, skipped: 3),
        ]
        for event in events {
            var (full, plain) = (MessageRing(), MessageRing())
            full[MessageKey(event, as: .full)] = ByteBuffer(integer: 1)
            plain[MessageKey(event, as: .plain)] = ByteBuffer(integer: 1)
            for other in events {
                #expect((full[MessageKey(other, as: .full)] != nil) == (other == event))
                #expect(plain[MessageKey(other, as: .plain)] != nil)
            }
        }
    }
}
