// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// Knows whether the API is going away, and whom to tell.
final class Lifecycle: Sendable {
    private struct State {
        var isDraining = false
        var bells: [ObjectIdentifier: Bell] = [:]
    }

    private let state = Mutex(State())

    /// Whether ``drain()`` has been called.
    var isDraining: Bool {
        state.withLock { $0.isDraining }
    }

    /// How many streams and long polls are open.
    var count: Int {
        state.withLock { $0.bells.count }
    }

    /// Has a bell rung when draining begins, at once where it already has.
    func add(_ bell: Bell) {
        let isDraining = state.withLock { state in
            state.bells[ObjectIdentifier(bell)] = bell
            return state.isDraining
        }
        if isDraining { bell.wake() }
    }

    /// Forgets a bell.
    func remove(_ bell: Bell) {
        _ = state.withLock { $0.bells.removeValue(forKey: ObjectIdentifier(bell)) }
    }

    /// Rings all bells and turns newcomers away from now on.
    func drain() {
        let bells = state.withLock { state in
            state.isDraining = true
            return Array(state.bells.values)
        }
        for bell in bells { bell.wake() }
    }
}
