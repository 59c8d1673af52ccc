// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressServer

@Suite("The processors that a process may run on")
struct AvailableProcessorsTests {
    @Test(
        "a list of them is counted, as the kernel writes it",
        arguments: [
            ("0", 1), ("\t0-1", 2), ("0-3,8", 5), ("1,3,5-7", 5), ("", nil), ("a", nil), ("3-1", nil), ("1-2-3", nil),
            ("1,", nil),
        ] as [(String, Int?)]
    )
    func counts(list: String, count: Int?) {
        #expect(AvailableProcessors.count(list: list) == count)
    }

    #if os(Linux)
        @Test("the kernel tells of one at least")
        func asksTheKernel() throws {
            #expect(try #require(AvailableProcessors.count()) >= 1)
        }
    #endif
}
