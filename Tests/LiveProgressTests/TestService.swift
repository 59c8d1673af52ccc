// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting

/// A service with a manual clock and predictable epochs.
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
