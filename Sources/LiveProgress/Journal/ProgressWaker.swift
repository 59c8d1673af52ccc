// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// An object that is woken when a journal has something new to read.
///
/// The journal releases its lock, and then calls `wake()` on the reporter's thread. `wake()` must return immediately,
/// take constant time, and coalesce repeated calls. A call only means "read again", and there may be nothing new to
/// read. The object must read after a call, because `wake()` is not called again until a reader has read the journal.
package protocol ProgressWaker: AnyObject, Sendable {
    /// Notes that there may be something new to read.
    func wake()
}

/// The registration of a waker; pass it to `unsubscribe` to end the subscription.
package struct ProgressSubscription: Sendable, Hashable {
    let number: UInt64
}
