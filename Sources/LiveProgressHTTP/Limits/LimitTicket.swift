// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One of a limited number: whoever holds it has a place, which is given back with its release.
package final class LimitTicket: Sendable {
    private let giveBack: @Sendable () -> Void

    init(giveBack: @escaping @Sendable () -> Void) {
        self.giveBack = giveBack
    }

    deinit { giveBack() }
}
