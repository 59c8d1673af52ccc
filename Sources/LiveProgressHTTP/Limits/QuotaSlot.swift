// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// One slot of a quota; releasing the object returns the slot.
///
/// Every watcher has a slot, so a slot is one small object and not a closure.
package final class QuotaSlot: Sendable {
    /// The holder of a slot.
    enum Holder: Sendable {
        /// A request that a proxy has forwarded.
        case request(of: AddressGroup)
        /// A watcher of an operation or a list, with its subject and the slot of its request.
        ///
        /// The slot holds the journal, so that no new object gets the journal's `ObjectIdentifier`.
        case watcher(of: ProgressJournal?, subject: String?, request: QuotaSlot?)
        /// An operation that a subject has created.
        case operation(of: String)
    }

    private let quotas: Quotas
    private let holder: Holder

    init(_ holder: Holder, in quotas: Quotas) {
        self.quotas = quotas
        self.holder = holder
    }

    deinit { quotas.release(holder) }

    /// Returns whether the holder of the slot is an operation of a subject.
    func isForOperation(of subject: String) -> Bool {
        if case .operation(let owner) = holder { owner.hasBytes(of: subject) } else { false }
    }
}
