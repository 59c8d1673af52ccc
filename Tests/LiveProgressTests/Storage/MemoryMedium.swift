// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting

/// A medium of one store in memory.
struct MemoryMedium: StoreMedium {
    let store = ProgressMemoryStore()

    func open() -> any ProgressStore { store }
    func crash(_ store: any ProgressStore) { self.store.crash() }
}
