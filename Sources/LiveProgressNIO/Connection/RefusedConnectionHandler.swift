// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressHTTP
@_spi(Server) import LiveProgressWire
import NIOCore

/// Sends a refusal to a client whose connection exceeds a limit, before its first request, and closes the connection.
///
/// The handler reads and drops incoming bytes for a short time. Unread bytes would cause a reset, and the client could lose the
/// refusal.
final class RefusedConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let problem: ProgressProblem
    private let lingerTimeout: TimeAmount
    private var hasAnswered = false

    init(_ problem: ProgressProblem, lingerTimeout: TimeAmount) {
        self.problem = problem
        self.lingerTimeout = lingerTimeout
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { answer(context: context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        answer(context: context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Both sides have ended their output.
        if event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer(context: ChannelHandlerContext) {
        guard !hasAnswered else { return }
        hasAnswered = true
        let bytes = problem.bareAnswer(allocator: context.channel.allocator)
        context.writeAndFlush(Self.wrapOutboundOut(bytes)).assumeIsolated().whenComplete { _ in
            context.close(mode: .output, promise: nil)
        }
        // The time starts now, not when the response is written, so that a client that does not read gets no extra time.
        context.eventLoop.assumeIsolated().scheduleTask(in: lingerTimeout) { context.close(promise: nil) }
    }
}

extension ProgressProblem {
    /// Returns a whole HTTP/1.1 response that closes the connection.
    fileprivate func bareAnswer(allocator: ByteBufferAllocator) -> ByteBuffer {
        let body = ProgressMessage.encodeProblem(self)
        var answer = allocator.buffer(capacity: 1024 + body.count)
        answer.writeString(
            "HTTP/1.1 \(status ?? 503) \(status == 429 ? "Too Many Requests" : "Service Unavailable")\r\n"
        )
        answer.writeString("Content-Type: application/problem+json\r\nContent-Length: \(body.count)\r\n")
        for field in SafeFields.all { answer.writeString("\(field.name.rawName): \(field.value)\r\n") }
        answer.writeStaticString("Retry-After: 2\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n")
        answer.writeBytes(body)
        return answer
    }
}
