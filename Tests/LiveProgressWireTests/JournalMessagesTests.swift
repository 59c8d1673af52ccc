// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgress
import Testing

@testable @_spi(Server) import LiveProgressWire

@Suite("The cached messages of a journal")
struct JournalMessagesTests {
    private let service = ProgressService()

    /// Returns a journal with the given number of revisions, and an update event for each revision before the last.
    private func journal(updates: Int) throws -> (ProgressJournal, [ProgressEvent]) {
        let journal = try service.createJournal()
        let events = try (0..<updates).map { number in
            let event = ProgressEvent(kind: .update, snapshot: journal.snapshot())
            try journal.report(ProgressReport(state: "Step \(number)", details: ["number": .integer(Int64(number))]))
            return event
        }
        return (journal, events)
    }

    @Test("A cached message equals the message encoded for the event alone, in every format and on every request")
    func sameAsAlone() throws {
        let (journal, events) = try journal(updates: 40)
        let messages = JournalMessages.of(journal)
        for range in [0..<3, 0..<40, 20..<30, 0..<40] {
            let plain = messages.messages(for: Array(events[range]), as: .plain)
            #expect(plain.map(Array.init) == events[range].map { ProgressMessage.encodePlain($0.snapshot) })
            let full = messages.messages(for: Array(events[range]), as: .full)
            #expect(full.map(Array.init) == events[range].map { ProgressMessage.encodeFull($0) })
        }
    }

    @Test("All holders of a journal's messages share one object, released with the last holder")
    func shared() throws {
        let (journal, _) = try journal(updates: 1)
        weak var first: JournalMessages?
        do {
            let messages = JournalMessages.of(journal)
            first = messages
            #expect(JournalMessages.of(journal) === messages)
        }
        #expect(first == nil)
    }

    @Test("Events that differ only in kind, resumed or skipped share a plain message, but not a full message")
    func tellsApart() throws {
        let (journal, events) = try journal(updates: 1)
        let snapshot = events[0].snapshot
        let kinds = [
            ProgressEvent(kind: .update, snapshot: snapshot),
            ProgressEvent(kind: .snapshot, snapshot: snapshot, resumed: false),
            ProgressEvent(kind: .snapshot, snapshot: snapshot, resumed: true),
            ProgressEvent(kind: .update, snapshot: snapshot, skipped: 3),
        ]
        let messages = JournalMessages.of(journal)
        #expect(Set(messages.messages(for: kinds, as: .plain)).count == 1)
        #expect(messages.messages(for: kinds, as: .full).map(Array.init) == kinds.map(ProgressMessage.encodeFull))
    }

    @Test("The ring keeps a message and its details for 32 revisions; formats share details but not messages")
    func holds() throws {
        let (_, events) = try journal(updates: 40)
        var ring = MessageRing()
        #expect(ring.message(events[0], as: .plain) == nil)
        for (number, event) in events.enumerated() {
            ring.hold([UInt8(number), 0], details: [UInt8(number)], of: event, as: .plain)
        }
        for (number, event) in events.enumerated() {
            let isHeld = number >= 8
            #expect(ring.message(event, as: .plain) == (isHeld ? [UInt8(number), 0] : nil))
            #expect(ring[event.snapshot.revision].details == (isHeld ? [UInt8(number)] : nil))
            #expect(ring.message(event, as: .full) == nil)
        }
    }

    @Test("The encoder reuses details that another format has already encoded")
    func detailsOnce() throws {
        let (_, events) = try journal(updates: 2)
        var details = DetailsText(known: ArraySlice(#"{"known":true}"#.utf8))
        var writer = JSONWriter()
        ProgressMessage.writePlain(events[1].snapshot, details: &details, to: &writer)
        let text = String(decoding: writer.bytes, as: UTF8.self)
        #expect(text == #"{"state":"Step 0","details":{"known":true}}"#)
        #expect(String(decoding: writer.bytes[details.range], as: UTF8.self) == #"{"known":true}"#)
    }
}
