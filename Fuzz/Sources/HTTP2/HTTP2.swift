// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import FuzzedConnections

/// Checks one input, which chooses what a client sends on an HTTP/2 connection, and what else happens.
public func checkInput(_ bytes: [UInt8]) {
    let events = Composer(Choices(bytes)).events
    let whole = Connection.outcome(of: events)
    var cuts = Cuts(of: bytes)
    let pieces = Connection.outcome(of: events.cut { cuts.pieces(of: $0) })
    // When the client makes an error, the size of the server's reads decides which streams already have responses, and so which
    // error it is. The size also decides which response uses up the connection's window.
    guard whole.isActive, pieces.isActive else { return }
    expectEqual(
        Reader(whole.written).statuses,
        Reader(pieces.written).statuses,
        "the answers, whole and in pieces, of \(events)"
    )
}
