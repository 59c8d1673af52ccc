// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import FuzzedConnections

/// Makes the events on one connection from choices: requests, handshakes, frames, and events of the server.
///
/// Most parts are well formed, so that a malformed part can come in every state of a connection.
struct Composer {
    private static let mostParts = 12
    private var choices: Choices
    private(set) var events: [ConnectionEvent] = []

    /// Creates the events that an input describes.
    init(_ choices: Choices) {
        self.choices = choices
        var parts = 0
        while parts < Self.mostParts, parts == 0 || !self.choices.isEmpty, events.last != .inputClosed {
            addPart()
            parts += 1
        }
    }

    private mutating func addPart() {
        // Without choices, each part has its usual form.
        var usual = Choices([])
        switch choices.number(below: 16) {
        case 0, 1: events.say(Head.handshake(&usual))
        case 2, 3: events.say(Head.handshake(&choices))
        case 4: events.say(Head.request(&usual))
        case 5: events.say(Head.request(&choices))
        case 6: events.say(Frame.one(&usual))
        case 7, 8: events.say(Frame.one(&choices))
        case 9: events.say(choices.bytes(atMost: 16))
        case 10: events.append(.decision)
        case 11, 12: events.append(.report)
        case 13: events.append(choices.pick(.time(1), rarely: [.time(11), .time(26), .time(61)]))
        case 14: events.append(choices.pick(.end, rarely: [.goingAway]))
        default: events.append(choices.pick(.report, rarely: [.inputClosed, .goingAway]))
        }
    }
}
