// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import FuzzedConnections

/// The input chooses what a client says on a connection, and what happens meanwhile.
public func checkInput(_ bytes: [UInt8]) {
    var choices = Choices(bytes)
    let decidesLater = choices.happens()
    let events = Composer(choices).events
    let whole = FuzzedConnection.outcome(of: events, decidesLater: decidesLater)
    Answers.check(whole.written, to: events)
    var cuts = Cuts(of: bytes)
    let others = [
        ("the first byte before the rest", events.withFirstByteAlone),
        ("in pieces", events.cut { cuts.pieces(of: $0) }),
    ]
    for (name, events) in others {
        let other = FuzzedConnection.outcome(of: events, decidesLater: decidesLater)
        expectEqual(whole.alike(other), other.alike(whole), "whole, and \(name), of \(events)")
    }
    guard !decidesLater else { return }
    // To decide takes time, or none: whoever waits for it sees the same.
    let late = FuzzedConnection.outcome(of: events.flatMap { [$0, .decision] }, decidesLater: true)
    expectEqual(whole.alike(late), late.alike(whole), "decided at once, and later, of \(events)")
}
