// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Testing

@testable import LiveProgress

@Suite("Identifiers and cursors")
struct ValuesTests {
    @Test(
        "A valid identifier needs no escaping in a URL path",
        arguments: ["a", "import-2026.csv", "a_b~c:d@e", "...", String(repeating: "x", count: 128)]
    )
    func goodIdentifiers(text: String) {
        #expect(ProgressID(text)?.rawValue == text)
    }

    @Test(
        "An invalid identifier gives nil",
        arguments: [
            "", ".", "..", "a/b", "a b", "a%20b", "ä", "a\0b", "a?b", "a#b", String(repeating: "x", count: 129),
        ]
    )
    func badIdentifiers(text: String) {
        #expect(ProgressID(text) == nil)
    }

    @Test(
        "A random identifier is a UUID of version 4 for any random bits",
        arguments: [
            (0, 0, "00000000-0000-4000-8000-000000000000"),
            (.max, .max, "ffffffff-ffff-4fff-bfff-ffffffffffff"),
            (0x0123_4567_89ab_cdef, 0x0123_4567_89ab_cdef, "01234567-89ab-4def-8123-456789abcdef"),
        ] as [(UInt64, UInt64, String)]
    )
    func randomIdentifiers(first: UInt64, second: UInt64, text: String) {
        #expect(ProgressID.uuid(first, second) == text)
        #expect(ProgressID().rawValue.count == text.count)
        #expect(ProgressID() != ProgressID())
    }

    @Test("Parsing the text of a cursor gives the same cursor", arguments: [UInt64(0), 42, .max])
    func cursors(revision: UInt64) {
        let cursor = ProgressCursor(epoch: "k3f9", revision: revision)
        #expect(cursor.description == "k3f9-\(revision)")
        #expect(ProgressCursor(cursor.description) == cursor)
    }

    @Test(
        "Any other text gives no cursor",
        arguments: [
            "", "-", "k3f9", "k3f9-", "-42", "k3f9-x", "k3f9--1", "k3f9-+1", "k/9-1", "k3f9-18446744073709551616",
            "k3f9-1 ", String(repeating: "x", count: 33) + "-1", String(repeating: "1", count: 1000) + "-1",
        ]
    )
    func badCursors(text: String) {
        #expect(ProgressCursor(text) == nil)
    }

    @Test("Snapshots with equal members are equal")
    func equalSnapshots() {
        func make(_ title: String) -> ProgressSnapshot {
            let date = Date(timeIntervalSinceReferenceDate: 0)
            return ProgressSnapshot(
                id: id("op"),
                cursor: ProgressCursor(epoch: "e", revision: 3),
                title: title,
                createdAt: date,
                updatedAt: date
            )
        }
        let snapshot = make("Import")
        let copy = snapshot
        #expect(copy == snapshot)
        #expect(make("Import") == snapshot)
        #expect(make("Import").hashValue == snapshot.hashValue)
        #expect(make("Export") != snapshot)
    }
}
