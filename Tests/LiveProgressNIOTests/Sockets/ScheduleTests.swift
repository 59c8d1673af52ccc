// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressNIO
import Testing

@Suite("Random schedules over sockets")
struct ScheduleTests {
    @Test(
        "Invariants 2 to 6 and 11: under stalls, short writes, pongs and closes, every byte is in its place",
        arguments: WritePath.allCases
    )
    func everyByteInItsPlace(path: WritePath) async throws {
        let run = ScheduleRun(path: path) { PlainCodec() }
        let seeds = ScheduleRun.seeds(byDefault: 200)
        let tally = try await run(seeds)
        guard seeds.count > 100 else { return }
        #expect(tally.jumps > 0, "some watchers must fall behind")
        #expect(tally.pongs > 0 && tally.errors > 0, "pongs and errors must occur between messages")
        // 3000 stands for all close codes that clients choose.
        #expect(tally.closeCodes.keys.sorted() == [1000, 1001, 1002, 1008, 3000, 4510], "each close code must occur")
    }

    @Test(
        "connections that open and close during a fast fan-out never receive another operation's bytes",
        arguments: WritePath.allCases
    )
    func descriptorsUsedAgain(path: WritePath) async throws {
        let run = ScheduleRun(path: path, body: { try $0.runComingAndGoing() }, makeCodec: { PlainCodec() })
        let tally = try await run(0..<4)
        #expect(tally.clients >= 4 * 150)
    }
}
