// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// One of a limited number: whoever holds it has a place, which is given back with its release.
///
/// Every watcher has one, so that it is a single small object and not a closure.
package final class LimitTicket: Sendable {
    /// What the place is one of.
    enum Place: Sendable {
        /// A request that has come through a proxy.
        case request(of: AddressGroup)
        /// A watcher of an operation, which is held so that no other takes over its identity meanwhile, and of a subject; with
        /// the place of its request, which is held as long.
        case watcher(of: ProgressJournal?, subject: String?, request: LimitTicket?)
        /// An operation of a subject.
        case operation(of: String)
    }

    private let places: Places
    private let place: Place

    init(_ place: Place, in places: Places) {
        self.places = places
        self.place = place
    }

    deinit { places.giveBack(place) }

    /// Whether the place is that of an operation of a subject.
    func isForOperation(of subject: String) -> Bool {
        if case .operation(let owner) = place { owner.hasBytes(of: subject) } else { false }
    }
}
