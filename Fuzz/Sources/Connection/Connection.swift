// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import FuzzedConnections
internal import LiveProgressHTTP
internal import NIOHTTP1

@testable internal import LiveProgressNIO

/// The input is what a client sends on a fresh connection.
public func checkInput(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    checkHead(bytes)
    // A request that comes whole may be answered without HTTP handlers; one that comes in pieces goes through them.
    let events: [ConnectionEvent] = [.bytes(bytes)]
    let whole = FuzzedConnection.outcome(of: events)
    let inTwo = FuzzedConnection.outcome(of: events.withFirstByteAlone)
    expectEqual(whole.alike(inTwo), inTwo.alike(whole), "whole, and the first byte before the rest")
    var cuts = Cuts(of: bytes)
    let inPieces = FuzzedConnection.outcome(of: events.cut { cuts.pieces(of: $0) })
    expectEqual(whole.alike(inPieces), inPieces.alike(whole), "whole and in pieces")
}

/// The head of an upgrade, which is read in one go, is the one that the HTTP decoder reads, and no rule refuses it.
private func checkHead(_ bytes: [UInt8]) {
    let request = bytes.withUnsafeBytes { UpgradeRequest($0, limits: ConnectionLimits()) }
    guard let request else { return }
    expect((1...bytes.count).contains(request.length), "a head of \(request.length) of \(bytes.count) bytes")
    expectEqual(request.head, FuzzedConnection.decodedHead(of: bytes), "read in one go, and decoded")
    expectEqual(RequestRules.refusal(of: request.head, limits: ConnectionLimits()), nil, "what the rules say of it")
}
