// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting

/// A service on a clock that stands still, with predictable epochs.
struct TestService {
    let time = ManualClock()
    let service: ProgressService

    init(capacity: Int = 64, change: (inout ProgressService.Configuration) -> Void = { _ in }) {
        var configuration = ProgressService.Configuration()
        configuration.clock = time.clock
        configuration.journalCapacity = capacity
        configuration.makeEpoch = { "e" }
        change(&configuration)
        service = ProgressService(configuration: configuration)
    }
}

func id(_ text: String) -> ProgressID { ProgressID(text)! }

/// A generator whose numbers are the same for the same seed (SplitMix64), so that a failure can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
