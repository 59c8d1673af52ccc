// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import NIOCore

@testable internal import LiveProgressWebSocket

/// Checks one input: the first byte selects the role and the limits, and the peer sends the rest.
public func checkInput(_ bytes: [UInt8]) {
    guard let options = bytes.first else { return }
    let stream = Array(bytes.dropFirst())
    let session = FrameSession(options: options)
    let whole = session.outcome(of: [stream[...]])
    var cuts = Cuts(of: bytes)
    expectEqual(whole, session.outcome(of: cuts.pieces(of: stream)), "whole and in pieces")
    expectEqual(whole, session.outcome(of: stream.indices.map { stream[$0...$0] }), "whole and byte by byte")
    session.checkAnswers(of: whole)
    session.checkMessages(of: whole)
    checkUTF8(stream, pieces: cuts.pieces(of: stream))
}

/// Checks that the incremental validator agrees with the standard library.
private func checkUTF8(_ bytes: [UInt8], pieces: [ArraySlice<UInt8>]) {
    var validator = UTF8Validator()
    let isAccepted = pieces.allSatisfy { piece in piece.withUnsafeBytes { validator.accepts($0) } }
    expectEqual(
        isAccepted && validator.isAtBoundary,
        String(validating: bytes, as: UTF8.self) != nil,
        "the validator and the standard library"
    )
}
