// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore
internal import Synchronization

/// The deflaters of a server for messages that do not refer to each other.
///
/// There are as many deflaters as compress at the same time: at most one per thread.
package final class SharedDeflaters: Sendable {
    private let codec: any DeflateCodec
    private let idle = Mutex<[any Deflater]>([])

    package init(codec: any DeflateCodec) {
        self.codec = codec
    }

    /// Compresses the payload of a message; `nil` if it must be sent uncompressed.
    package func deflate(_ message: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let free = idle.withLock { $0.popLast() }
        guard let deflater = free ?? codec.makeDeflater(windowBits: codec.windowBits.upperBound) else { return nil }
        // A failed deflater is not used again.
        guard let output = MessageDeflation.compress(ByteBuffer(bytes: message), with: deflater) else { return nil }
        deflater.reset()
        idle.withLock { $0.append(deflater) }
        return Array(output.readableBytesView)[...]
    }
}
