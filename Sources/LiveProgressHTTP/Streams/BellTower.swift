// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// Rings the bells of all that follow one source, such as a journal.
///
/// It is subscribed to the source as long as it lives, and lives as long as someone holds it.
final class BellTower: Sendable {
    /// Ends a subscription.
    typealias Unsubscribe = @Sendable () -> Void

    private let bells: Bells
    private let unsubscribe: Unsubscribe

    /// A tower that is subscribed.
    ///
    /// - Parameter subscribe: Subscribes a waker and gives what ends the subscription.
    init(subscribe: (any ProgressWaker) -> Unsubscribe) {
        bells = Bells()
        unsubscribe = subscribe(bells)
    }

    deinit {
        unsubscribe()
    }

    /// Rings a bell after every change from now on.
    func add(_ bell: Bell) {
        bells.add(bell)
    }

    /// Rings a bell no more.
    func remove(_ bell: Bell) {
        bells.remove(bell)
    }
}

/// Many bells on one rope.
///
/// For the source it is one waker, however many bells there are: the walk over them is a task of its own, so that a
/// report costs the same with none and with 100,000 streams (invariant 1).
private final class Bells: ProgressWaker {
    private struct State {
        var bells: [ObjectIdentifier: Bell] = [:]
        var isWalkPending = false
    }

    private let state = Mutex(State())

    func add(_ bell: Bell) {
        state.withLock { $0.bells[ObjectIdentifier(bell)] = bell }
    }

    func remove(_ bell: Bell) {
        state.withLock { $0.bells[ObjectIdentifier(bell)] = nil }
    }

    func wake() {
        let mustWalk = state.withLock { state in
            guard !state.isWalkPending, !state.bells.isEmpty else { return false }
            state.isWalkPending = true
            return true
        }
        guard mustWalk else { return }
        Task.detached {
            let bells = self.state.withLock { state in
                state.isWalkPending = false
                return Array(state.bells.values)
            }
            for bell in bells { bell.wake() }
        }
    }
}
