// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import FuzzedConnections
@_spi(Server) internal import LiveProgressHTTP
internal import NIOHTTP1

@_spi(Server) @testable internal import LiveProgressNIO

/// Checks one input, which a client sends on a fresh connection.
public func checkInput(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    checkHead(bytes)
    // A whole request may be answered without HTTP handlers; a request in pieces passes through them.
    let events: [ConnectionEvent] = [.bytes(bytes)]
    let whole = FuzzedConnection.outcome(of: events)
    let inTwo = FuzzedConnection.outcome(of: events.withFirstByteAlone)
    expectEqual(whole.alike(inTwo), inTwo.alike(whole), "whole, and the first byte before the rest")
    var cuts = Cuts(of: bytes)
    let inPieces = FuzzedConnection.outcome(of: events.cut { cuts.pieces(of: $0) })
    expectEqual(whole.alike(inPieces), inPieces.alike(whole), "whole and in pieces")
}

/// Checks that the decoder reads the same head as the one-pass reader, and that no rule refuses this head.
private func checkHead(_ bytes: [UInt8]) {
    let request = bytes.withUnsafeBytes { UpgradeRequest($0, limits: ConnectionLimits()) }
    guard let request else { return }
    expect((1...bytes.count).contains(request.length), "a head of \(request.length) of \(bytes.count) bytes")
    expectEqual(request.head, FuzzedConnection.decodedHead(of: bytes), "read in one go, and decoded")
    expectEqual(RequestRules.refusal(of: request.head, limits: ConnectionLimits()), nil, "what the rules say of it")
}
