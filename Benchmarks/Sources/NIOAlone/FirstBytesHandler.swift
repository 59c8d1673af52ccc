// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

@testable import LiveProgressWebSocket

/// Accepts a connection that sends a WebSocket key as a watcher, and reads an order to produce from any other.
final class FirstBytesHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let keyField: StaticString = "Sec-WebSocket-Key: "
    private static let keyLength = 24

    private let watchers: Watchers
    /// The handler's index among the watchers.
    var index: Int?
    private var context: ChannelHandlerContext?

    init(watchers: Watchers) {
        self.watchers = watchers
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // A watcher sends only pongs.
        guard index == nil else { return }
        let bytes = Self.unwrapInboundIn(data)
        if let key = bytes.withUnsafeReadableBytes(Self.key) {
            welcome(key, context)
        } else if let order = Order(String(buffer: bytes)) {
            write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", context)
            watchers.produce(order, on: context.eventLoop)
        } else {
            context.close(promise: nil)
        }
    }

    private static func key(in bytes: UnsafeRawBufferPointer) -> HandshakeKey? {
        let name = UnsafeRawBufferPointer(start: keyField.utf8Start, count: keyField.utf8CodeUnitCount)
        guard let first = name.first, bytes.count >= name.count + keyLength else { return nil }
        for start in 0...(bytes.count - name.count - keyLength) where bytes[start] == first {
            let found = UnsafeRawBufferPointer(rebasing: bytes[start..<start + name.count])
            guard found.elementsEqual(name) else { continue }
            let key = UnsafeRawBufferPointer(rebasing: bytes[(start + name.count)...].prefix(keyLength))
            return HandshakeKey(String(decoding: key, as: UTF8.self))
        }
        return nil
    }

    private func welcome(_ key: HandshakeKey, _ context: ChannelHandlerContext) {
        let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        write("\(answer)Sec-WebSocket-Accept: \(key.accept)\r\n\r\n", context)
        self.context = context
        watchers.add(self)
    }

    private func write(_ text: String, _ context: ChannelHandlerContext) {
        send(context.channel.allocator.buffer(string: text), context)
    }

    /// Sends a frame that was encoded once for all watchers.
    func send(_ frame: ByteBuffer) {
        if let context { send(frame, context) }
    }

    private func send(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        context.writeAndFlush(Self.wrapOutboundOut(bytes), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        watchers.remove(self)
        self.context = nil
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
