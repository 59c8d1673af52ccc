// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Someone who wants to hear that a journal has something new to read.
///
/// `wake()` is called on the reporter's thread, after its lock is released: it must return at once, take constant
/// time, and coalesce by itself. It says only "read again"; it may be called when there is nothing new, and whoever was
/// called has to read: it is not called again before somebody has.
public protocol ProgressWaker: AnyObject, Sendable {
    /// Notes that there may be something new to read.
    func wake()
}

/// A registration of a waker, to be handed back when it is no longer wanted.
public struct ProgressSubscription: Sendable, Hashable {
    let number: UInt64
}
