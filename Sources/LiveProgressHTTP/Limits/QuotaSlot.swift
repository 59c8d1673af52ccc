// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// One slot of a quota, which is given back with its release.
///
/// Every watcher has one, so that it is a single small object and not a closure.
package final class QuotaSlot: Sendable {
    /// What holds the slot.
    enum Holder: Sendable {
        /// A request that has come through a proxy.
        case request(of: AddressGroup)
        /// A watcher of an operation, which is held so that no other takes over its identity meanwhile, and of a subject; with
        /// the slot of its request, which is held as long.
        case watcher(of: ProgressJournal?, subject: String?, request: QuotaSlot?)
        /// An operation of a subject.
        case operation(of: String)
    }

    private let quotas: Quotas
    private let holder: Holder

    init(_ holder: Holder, in quotas: Quotas) {
        self.quotas = quotas
        self.holder = holder
    }

    deinit { quotas.release(holder) }

    /// Whether the slot is that of an operation of a subject.
    func isForOperation(of subject: String) -> Bool {
        if case .operation(let owner) = holder { owner.hasBytes(of: subject) } else { false }
    }
}
