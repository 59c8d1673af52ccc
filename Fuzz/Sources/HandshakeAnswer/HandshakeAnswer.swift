// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1

@testable internal import LiveProgressWebSocket

/// Checks one input: a server's response to a client's handshake, and the bytes after it.
public func checkInput(_ bytes: [UInt8]) {
    let whole = Handshake.outcome(of: [bytes[...]].filter { !$0.isEmpty })
    var cuts = Cuts(of: bytes)
    expectEqual(whole, Handshake.outcome(of: cuts.pieces(of: bytes)), "whole and in pieces")
    switch whole.result {
    case .upgraded(let subprotocol, _):
        let text = String(decoding: bytes, as: UTF8.self)
        expect(text.contains(Handshake.key.accept), "took an answer that does not know the key")
        expect(subprotocol == nil || subprotocol == "live-progress.v1", "took subprotocol \(subprotocol ?? "")")
    case .refused(.refused(let refusal)):
        expect(refusal.status != 101 && refusal.body.count <= 65_536, "refused with \(refusal)")
    case .refused: break
    case .failed(let error): fail("failed otherwise: \(error)")
    }
}

/// One handshake of a client in memory.
private enum Handshake {
    enum Result: Equatable {
        case upgraded(subprotocol: String?, headerCount: Int)
        case refused(WebSocketConnectError)
        case failed(String)
    }

    /// The result of the handshake, and the frames that were written after it.
    struct Outcome: Equatable {
        var result = Result.failed("no result")
        var frames: [FrameEvent] = []
    }

    static let key = HandshakeKey("dGhlIHNhbXBsZSBub25jZQ==") ?? HandshakeKey()
    private static let address = try? SocketAddress(ipAddress: "127.0.0.1", port: 1)

    static func outcome(of pieces: [ArraySlice<UInt8>]) -> Outcome {
        let loop = EmbeddedEventLoop()
        let outcome = outcome(of: pieces, on: loop)
        // The released connection has left tasks in the loop.
        loop.run()
        return outcome
    }

    private static func outcome(of pieces: [ArraySlice<UInt8>], on loop: EmbeddedEventLoop) -> Outcome {
        let channel = EmbeddedChannel(loop: loop)
        let promise = channel.eventLoop.makePromise(of: WebSocketClientConnection.self)
        let encoder = HTTPRequestEncoder()
        let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
        let gate = AnswerGate()
        let handshake = WebSocketHandshakeHandler(
            request: WebSocketClientRequest(target: "/x", host: "a", subprotocols: ["live-progress.v1"]),
            key: key,
            configuration: WebSocketConfiguration(heartbeat: nil),
            gate: gate,
            httpHandlers: [decoder, encoder],
            promise: promise
        )
        try? channel.pipeline.syncOperations.addHandlers([gate, encoder, decoder, handshake])
        if let address { channel.connect(to: address, promise: nil) }
        channel.embeddedEventLoop.run()
        while (try? channel.readOutbound(as: ByteBuffer.self)) != nil {}
        for piece in pieces where channel.isActive {
            _ = try? channel.writeInbound(ByteBuffer(bytes: piece))
            channel.embeddedEventLoop.run()
        }
        let frames = written(on: channel)
        _ = try? channel.finish(acceptAlreadyClosed: true)
        // The channel is closed, so the result of the handshake is known.
        return Outcome(result: result(of: promise.futureResult), frames: frames)
    }

    private static func result(of future: EventLoopFuture<WebSocketClientConnection>) -> Result {
        do {
            let connection = try future.wait()
            return .upgraded(subprotocol: connection.subprotocol, headerCount: connection.headers.count)
        } catch let error as WebSocketConnectError {
            return .refused(error)
        } catch {
            return .failed(String(describing: error))
        }
    }

    private static func written(on channel: EmbeddedChannel) -> [FrameEvent] {
        var decoder = FrameDecoder(role: .server)
        while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { decoder.append(bytes) }
        var frames: [FrameEvent] = []
        do throws(WebSocketViolation) {
            while let frame = try decoder.next() { frames.append(frame) }
        } catch {
            fail("the server cannot read what the client wrote: \(error)")
        }
        return frames
    }
}
