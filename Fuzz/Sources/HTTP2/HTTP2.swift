// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import FuzzedConnections

/// The input chooses what a client sends on a connection of HTTP/2, and what happens meanwhile.
public func checkInput(_ bytes: [UInt8]) {
    let events = Composer(Choices(bytes)).events
    let whole = Connection.outcome(of: events)
    var cuts = Cuts(of: bytes)
    let pieces = Connection.outcome(of: events.cut { cuts.pieces(of: $0) })
    // How much the server reads at a time decides which streams it has answered when the client makes a mistake, and
    // so what kind of mistake that is; and whose answer uses up the connection's window.
    guard whole.isActive, pieces.isActive else { return }
    expectEqual(
        Reader(whole.written).statuses,
        Reader(pieces.written).statuses,
        "the answers, whole and in pieces, of \(events)"
    )
}
