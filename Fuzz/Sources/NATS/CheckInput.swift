// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import NIOCore

@testable internal import NATSClient

/// Checks one input: the bytes that a NATS server sends.
public func checkInput(_ bytes: [UInt8]) {
    let whole = Outcome(of: [bytes[...]])
    var cuts = Cuts(of: bytes)
    expectEqual(whole, Outcome(of: cuts.pieces(of: bytes)), "whole and in pieces")
    for case .message(let message, _) in whole.operations {
        expect(message.payload.readableBytes <= Outcome.maximumMessage, "took a message that is too large")
    }
}

/// What a connection reads from the bytes, and how it ends.
private struct Outcome: Equatable {
    static let maximumMessage = 4_096

    var operations: [ServerOperation] = []
    var error: NATSError?
    var isOpen = false

    init(of pieces: [ArraySlice<UInt8>]) {
        var parser = NATSParser(maximumMessage: Self.maximumMessage)
        do throws(NATSError) {
            var handshake = ConnectionHandshake(
                to: try NATSAddress("nats://127.0.0.1"),
                with: NATSConfiguration(servers: [try NATSAddress("nats://127.0.0.1")], name: "fuzz")
            )
            for piece in pieces {
                parser.append(ByteBuffer(bytes: piece))
                while let operation = try parser.next() {
                    operations.append(operation)
                    if !handshake.isOpen { _ = try handshake.receive(operation) }
                    isOpen = handshake.isOpen
                }
            }
        } catch {
            self.error = error
        }
    }
}
