// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOCore
internal import Synchronization

/// Another source with its messages compressed, for all watchers who negotiated that.
///
/// A message is compressed by whoever asks for it first, and its bytes are shared by all who get it, on every event loop:
/// no message refers to another. Event loops that ask in the same moment may each compress it.
package final class DeflatedFanoutSource: FanoutSource {
    private let base: any FanoutSource
    private let deflaters: SharedDeflaters
    private let recent = Mutex(DeflatedMessages())
    private let onRelease: @Sendable () -> Void

    /// A source over another; `onRelease` is called when nobody holds it any more.
    package init(base: any FanoutSource, deflaters: SharedDeflaters, onRelease: @escaping @Sendable () -> Void) {
        self.base = base
        self.deflaters = deflaters
        self.onRelease = onRelease
    }

    deinit { onRelease() }

    package func attach(_ waker: FanoutWaker) -> FanoutAttachment { base.attach(waker) }

    package func open(cursor: String?) -> FanoutBatch { deflated(base.open(cursor: cursor)) }

    package func read(after position: FanoutPosition) -> FanoutBatch { deflated(base.read(after: position)) }

    package func watcherJoined() { base.watcherJoined() }

    package func watcherLeft() { base.watcherLeft() }

    package func receive(_ message: ByteBuffer, isText: Bool) -> FanoutReply { base.receive(message, isText: isText) }

    /// The batch compressed, or as it is where that cannot be done: a message may always go as it is.
    private func deflated(_ batch: FanoutBatch) -> FanoutBatch {
        var result = batch
        for (index, message) in batch.messages.enumerated() {
            guard let deflated = deflated(message) else { return batch }
            result.messages[index] = deflated
        }
        result.isDeflated = true
        return result
    }

    private func deflated(_ message: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        if let known = recent.withLock({ $0[message] }) { return known }
        guard let deflated = deflaters.deflate(message) else { return nil }
        recent.withLock { $0.hold(deflated, of: message) }
        return deflated
    }
}

/// The messages that were compressed last.
private struct DeflatedMessages: Sendable {
    /// Watchers who keep up want the newest; those who come back want few others.
    private static let capacity = 16

    private var entries: ContiguousArray<(message: ArraySlice<UInt8>, deflated: ArraySlice<UInt8>)> = []
    private var next = 0

    subscript(message: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        entries.first { $0.message == message }?.deflated
    }

    mutating func hold(_ deflated: ArraySlice<UInt8>, of message: ArraySlice<UInt8>) {
        if entries.count < Self.capacity {
            entries.append((message, deflated))
        } else {
            entries[next] = (message, deflated)
            next = (next + 1) % Self.capacity
        }
    }
}
