// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// A handler next to the transport during one write: checks whether the bytes arrive there unchanged.
///
/// The check detects encryption, compression and any other handler that changes or delays bytes, without knowing the handler.
final class DirectWriteProbe: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private let expected: ByteBuffer
    /// Whether exactly the expected bytes arrived.
    private(set) var sawExpected = false
    private var writes = 0

    private init(expecting expected: ByteBuffer) {
        self.expected = expected
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        writes += 1
        if case .byteBuffer(let bytes) = Self.unwrapOutboundIn(data) { sawExpected = writes == 1 && bytes == expected }
        context.write(data, promise: promise)
    }

    /// Calls `write`, which writes the bytes; returns the channel's socket if the bytes arrived there unchanged.
    static func socket(of channel: any Channel, writing bytes: ByteBuffer, _ write: () -> Void) -> DirectSocket? {
        let pipeline = channel.pipeline.syncOperations
        let probe = DirectWriteProbe(expecting: bytes)
        guard let socket = DirectSocket(of: channel), (try? pipeline.addHandler(probe, position: .first)) != nil else {
            write()
            return nil
        }
        write()
        pipeline.removeHandler(probe, promise: nil)
        return probe.sawExpected ? socket : nil
    }
}
