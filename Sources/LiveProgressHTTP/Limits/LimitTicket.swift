// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One of a limited number: whoever holds it has a place, which is given back with its release.
package final class LimitTicket: Sendable {
    private let other: LimitTicket?
    private let giveBack: @Sendable () -> Void

    /// A place that is given back by the closure, with another one that is held as long.
    init(with other: LimitTicket? = nil, giveBack: @escaping @Sendable () -> Void) {
        self.other = other
        self.giveBack = giveBack
    }

    deinit { giveBack() }
}
