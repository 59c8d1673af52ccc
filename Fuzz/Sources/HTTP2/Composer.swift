// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import FuzzedConnections

/// Makes the bytes and events of a client on an HTTP/2 connection from choices; most of them are well formed.
struct Composer {
    private static let mostParts = 16
    private var choices: Choices
    private var nextStream: UInt32 = 1
    private(set) var events: [ConnectionEvent] = []

    /// Creates the events that an input describes.
    init(_ choices: Choices) {
        self.choices = choices
        begin()
        var parts = 0
        while parts < Self.mostParts, parts == 0 || !self.choices.isEmpty, events.last != .inputClosed {
            addPart()
            parts += 1
        }
    }

    private mutating func begin() {
        guard choices.happens() else { return events.say(FrameBytes.preface + settings([])) }
        events.say(
            choices.pick(
                FrameBytes.preface,
                rarely: [Array(FrameBytes.preface.prefix(9)), [], Array("GET / HTTP/1.1\r\n\r\n".utf8)]
            )
        )
        if !choices.happens() { events.say(settings([])) }
    }

    private mutating func addPart() {
        // Without choices, each part has its usual form.
        var usual = Choices([])
        switch choices.number(below: 16) {
        case 0, 1: request(RequestFields.block(&usual), flags: FrameBytes.endStream)
        case 2, 3: request(RequestFields.block(&choices), flags: choices.pick(FrameBytes.endStream, rarely: [0]))
        case 4: request(RequestFields.block(&usual), flags: 0)
        case 5, 6: data()
        case 7: windowUpdate()
        case 8:
            events.say(
                FrameBytes.frame(.resetStream, 0, stream(), FrameBytes.number(choices.pick(8, rarely: [0, 1, 99])))
            )
        case 9: addSettings()
        case 10: events.say(FrameBytes.frame(.ping, choices.pick(0, rarely: [1]), choices.pick(0, rarely: [1]), ping()))
        case 11: other()
        case 12: events.say(choices.bytes(atMost: 16))
        case 13: events.append(choices.pick(.time(1), rarely: [.time(11), .time(31), .time(61)]))
        case 14: events.append(choices.pick(.goingAway, rarely: [.inputClosed]))
        default: trailers()
        }
    }

    // MARK: Frames

    /// Adds headers on a new stream, sometimes in several frames or on a wrong stream.
    private mutating func request(_ block: [UInt8], flags: UInt8) {
        let id = choices.pick(nextStream, rarely: [nextStream + 2, 1, 0, 2, lastStream, 0x7FFF_FFFF])
        if id == nextStream || id == nextStream + 2 { nextStream = id + 2 }
        headers(block, flags: flags, stream: id)
    }

    private mutating func headers(_ block: [UInt8], flags: UInt8, stream: UInt32) {
        guard block.count > 16_384 || choices.happens() else {
            return events.say(FrameBytes.frame(.headers, flags | FrameBytes.endHeaders, stream, block))
        }
        let cut = min(block.count, block.count > 16_384 ? 16_384 : choices.number(below: 64))
        let extra: UInt8 = choices.pick(0, rarely: [FrameBytes.isPadded, FrameBytes.hasPriority])
        let (before, behind): ([UInt8], [UInt8]) =
            switch extra {
            case FrameBytes.isPadded: ([1], [0])
            case FrameBytes.hasPriority: (FrameBytes.number(choices.pick(0, rarely: [stream])) + [1], [])
            default: ([], [])
            }
        var rest = block[cut...]
        let first = before + block[..<cut] + behind
        events.say(
            FrameBytes.frame(.headers, flags | extra | (rest.isEmpty ? FrameBytes.endHeaders : 0), stream, first)
        )
        while !rest.isEmpty {
            let piece = rest.prefix(16_384)
            rest = rest.dropFirst(piece.count)
            let end = rest.isEmpty ? choices.pick(FrameBytes.endHeaders, rarely: [0]) : 0
            events.say(FrameBytes.frame(.continuation, end, choices.pick(stream, rarely: [stream &+ 2]), Array(piece)))
        }
    }

    private mutating func trailers() {
        let block = choices.pick(
            FrameBytes.field("x", "y"),
            rarely: [FrameBytes.field(":path", "/"), FrameBytes.field("Host", "a"), []]
        )
        headers(block, flags: choices.pick(FrameBytes.endStream, rarely: [0]), stream: stream())
    }

    private mutating func data() {
        let size = choices.pick(5, rarely: [0, 1, 16_384, 16_385, 70_000])
        let isPadded = choices.happens()
        let padding: UInt8 = isPadded ? choices.pick(3, rarely: [0, 255]) : 0
        var payload = [UInt8](repeating: 0x78, count: size)
        if isPadded { payload = [padding] + payload + (padding == 3 ? [0, 0, 0] : []) }
        let flags = choices.pick(FrameBytes.endStream, rarely: [0]) | (isPadded ? FrameBytes.isPadded : 0)
        events.say(FrameBytes.frame(.data, flags, stream(), payload))
    }

    private mutating func windowUpdate() {
        let increment: UInt32 = choices.pick(100_000, rarely: [0, 1, 0x7FFF_FFFF, 0x8000_0001])
        let stream = choices.happens() ? stream() : 0
        events.say(FrameBytes.frame(.windowUpdate, 0, stream, FrameBytes.number(increment)))
    }

    private mutating func addSettings() {
        let identifier: UInt8 = choices.pick(4, rarely: [1, 2, 3, 5, 6, 8, 9])
        let value: UInt32 = choices.pick(65_535, rarely: [0, 1, 16_384, 0x7FFF_FFFF, 0xFFFF_FFFF])
        // The reader in this check has no larger table, so a larger size would only make the reader fail.
        let table = identifier == 1 ? min(value, 4096) : value
        events.say(
            choices.happens()
                ? FrameBytes.frame(.settings, 1, 0, []) : settings([0, identifier] + FrameBytes.number(table))
        )
    }

    private mutating func other() {
        let kinds: [UInt8] = [
            FrameBytes.Kind.priority.rawValue, FrameBytes.Kind.goAway.rawValue, 5, 9, 0x0A, 0x10, 0xFF,
        ]
        let kind = kinds[choices.number(below: kinds.count)]
        let payload = choices.pick([0, 0, 0, 0, 1, 0, 0, 0], rarely: [[0, 0, 0, 0, 1], [], [1]] as [[UInt8]])
        let length = choices.pick(payload.count, rarely: [payload.count + 1, 0, 0xFF_FFFF])
        let stream = choices.happens() ? stream() : 0
        events.say(FrameBytes.frame(kind, choices.pick(0, rarely: [1, 4, 8, 0x20]), stream, payload, length: length))
    }

    private mutating func ping() -> [UInt8] {
        choices.pick([1, 2, 3, 4, 5, 6, 7, 8], rarely: [[0, 0, 0, 0, 0x6C, 0x69, 0x76, 0x65], [1]] as [[UInt8]])
    }

    private func settings(_ payload: [UInt8]) -> [UInt8] { FrameBytes.frame(.settings, 0, 0, payload) }

    /// Returns the last begun stream, an earlier one, or one that was not begun.
    private mutating func stream() -> UInt32 {
        choices.pick(lastStream, rarely: [1, nextStream, 0, 2, nextStream + 100])
    }

    private var lastStream: UInt32 { nextStream > 1 ? nextStream - 2 : 1 }
}
