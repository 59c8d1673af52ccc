// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
import Testing

@testable import LiveProgressHTTP

@Suite("A page token over several nodes")
struct NodesPageTokenTests {
    @Test("A token is read as it was written", arguments: ["~7", "~0.a-1x~12", "a~1.b_c~0"])
    func text(text: String) { #expect(NodesPageToken(text)?.text == text) }

    @Test("Other texts are no tokens", arguments: ["7", "a", "a~", "a~x", "a~-1", "a~1.", ".", "a~1~2"])
    func invalid(text: String) { #expect(NodesPageToken(text) == nil) }

    private func page(_ numbers: [UInt64], isLast: Bool = true) -> NumberedPage {
        let entries = numbers.map { number in
            let date = Date(timeIntervalSinceReferenceDate: Double(number))
            let cursor = ProgressCursor(epoch: "e", revision: 0)
            let id = ProgressID("op-\(number)") ?? ProgressID()
            let snapshot = ProgressSnapshot(id: id, cursor: cursor, createdAt: date, updatedAt: date)
            return NumberedPage.Entry(number: number, snapshot: snapshot)
        }
        return NumberedPage(entries: entries, isLast: isLast)
    }

    @Test("Pages are merged newest first, and the token says where each node goes on")
    func merging() {
        let pages = ["": page([9, 4, 1]), "b": page([8, 7], isLast: false)]
        let (snapshots, next) = NodesPageToken().merge(pages, limit: 3)
        #expect(snapshots.map(\.id.rawValue) == ["op-9", "op-8", "op-7"])
        #expect(next?.numbers == ["": 9, "b": 7])
        let last = next?.merge(["": page([4, 1]), "b": page([3])], limit: 3)
        #expect(last?.snapshots.map(\.id.rawValue) == ["op-4", "op-3", "op-1"])
        #expect(last?.next == nil)
    }
}
