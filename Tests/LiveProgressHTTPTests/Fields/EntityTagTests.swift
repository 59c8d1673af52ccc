// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressHTTP

@Suite("Entity tags")
struct EntityTagTests {
    @Test(
        "Lists of entity tags are parsed",
        arguments: [
            ("*", .any),
            (" * ", .any),
            ("\"a-1\"", .tags([EntityTag("a-1")])),
            ("W/\"a-1\"", .tags([EntityTag("a-1", isWeak: true)])),
            ("\"a-1\", W/\"b,c\" ,\"\"", .tags([EntityTag("a-1"), EntityTag("b,c", isWeak: true), EntityTag("")])),
            (",\"a\",,\"b\\\",", .tags([EntityTag("a"), EntityTag("b\\")])),
        ] as [(String, TagCondition)]
    )
    func reads(text: String, expected: TagCondition) {
        #expect(TagCondition(text) == expected)
    }

    @Test(
        "An invalid list of entity tags gives nil",
        arguments: [
            "", "a-1", "\"a", "a\"", "w/\"a\"", "W\"a\"", "\"a\" \"b\"", "*, \"a\"", "\"a\", *", "\"a b\"", ",",
        ]
    )
    func refuses(text: String) {
        #expect(TagCondition(text) == nil)
    }

    @Test("A weak tag matches in a weak comparison only")
    func comparison() throws {
        let cursor = ProgressCursor(epoch: "k3f9", revision: 42)
        let strong = try #require(TagCondition("\"x\", \"k3f9-42\""))
        let weak = try #require(TagCondition("W/\"k3f9-42\""))
        let other = try #require(TagCondition("\"k3f9-43\", \"k3f8-42\""))
        #expect(strong.matchesStrongly(cursor) && strong.matchesWeakly(cursor))
        #expect(!weak.matchesStrongly(cursor) && weak.matchesWeakly(cursor))
        #expect(!other.matchesStrongly(cursor) && !other.matchesWeakly(cursor))
        #expect(TagCondition.any.matchesStrongly(cursor) && TagCondition.any.matchesWeakly(cursor))
        #expect(EntityTag(cursor).fieldValue == "\"k3f9-42\"")
    }
}
