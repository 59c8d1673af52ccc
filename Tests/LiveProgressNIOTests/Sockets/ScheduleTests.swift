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
        #expect(tally.jumps > 0, "watchers were left behind")
        #expect(tally.pongs > 0 && tally.errors > 0, "answers went between the messages")
        // 3000 stands for the codes that clients close with.
        #expect(tally.closeCodes.keys.sorted() == [1000, 1001, 1002, 1008, 3000, 4510], "each way of ending was seen")
    }

    @Test(
        "connections that come and go during a flat-out fan-out never get another operation's bytes",
        arguments: WritePath.allCases
    )
    func descriptorsUsedAgain(path: WritePath) async throws {
        let run = ScheduleRun(path: path, body: { try $0.runComingAndGoing() }, makeCodec: { PlainCodec() })
        let tally = try await run(0..<4)
        #expect(tally.clients >= 4 * 150)
    }
}
