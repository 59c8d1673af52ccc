// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import FuzzedConnections

/// Checks one input, which chooses what a client sends on a connection, and what else happens.
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
    // The time of the decision makes no difference: the client sees the same output.
    let late = FuzzedConnection.outcome(of: events.flatMap { [$0, .decision] }, decidesLater: true)
    expectEqual(whole.alike(late), late.alike(whole), "decided at once, and later, of \(events)")
}
