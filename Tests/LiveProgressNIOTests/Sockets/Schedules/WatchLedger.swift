// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import NIOCore

@_spi(Server) @testable import LiveProgressWire

/// What one connection said and got, checked frame by frame against the invariants.
struct WatchLedger {
    private let operation: ScheduleOperation
    private let isFull: Bool
    private let cursor: ProgressCursor?
    /// What was reported before the connection was there, which its first message cannot be older than.
    private let reportedBefore: (revision: UInt64, count: Int)
    private var last: ProgressEvent?
    private var lastReport: Int
    private var pings: [ByteBuffer] = []
    private var pingCount: UInt32 = 0

    private(set) var cancels = 0
    private(set) var nonsense = 0
    private(set) var errors = 0
    private(set) var pongs = 0
    private(set) var events = 0
    private(set) var jumps = 0
    private(set) var closeCode: UInt16?

    init(operation: ScheduleOperation, isFull: Bool, cursor: ProgressCursor?) {
        self.operation = operation
        self.isFull = isFull
        self.cursor = cursor
        reportedBefore = (operation.reported, operation.reportCount)
        lastReport = operation.reportCount
    }

    var lastCursor: ProgressCursor? { last?.snapshot.cursor }
    var hasEnd: Bool { last?.kind == .end }
    var hasLastPong: Bool { pings.isEmpty }

    /// Whether everything that was reported has come.
    var isCaughtUp: Bool {
        guard events > 0 || (cursor?.revision ?? 0) >= operation.reported && cursor != nil else { return false }
        guard isFull else { return lastReport >= operation.reportCount }
        return (last?.snapshot.revision ?? cursor?.revision ?? 0) >= operation.reported
    }

    // MARK: What the client says

    mutating func nextPing(filler: [UInt8]) -> ByteBuffer {
        pingCount += 1
        var payload = ByteBuffer(integer: pingCount)
        payload.writeBytes(filler)
        pings.append(payload)
        return payload
    }

    mutating func askedToCancel() { cancels += 1 }

    mutating func talkedNonsense() { nonsense += 1 }

    // MARK: What the client gets

    mutating func take(_ frame: StrictFrame) throws {
        switch frame.kind {
        case .text: try take(message: frame.payload)
        case .close: closeCode = frame.closeCode
        case .ping: throw ScheduleFailure("a ping of a server that has no heartbeat")
        case .pong: try take(pong: frame.payload)
        }
    }

    /// Pongs answer pings in order; a later one may stand for those before it (RFC 6455 section 5.5.3).
    private mutating func take(pong: ByteBuffer) throws(ScheduleFailure) {
        guard let index = pings.firstIndex(of: pong) else { throw ScheduleFailure("a pong that answers no open ping") }
        pings.removeFirst(index + 1)
        pongs += 1
    }

    /// Each message that cannot be granted or understood is answered, and nothing else is.
    func checkAnswers() throws(ScheduleFailure) {
        let expected = nonsense + (operation.takesCancel ? 0 : cancels)
        guard errors == expected else { throw ScheduleFailure("\(errors) errors for \(expected) bad messages") }
    }

    private mutating func take(message: ByteBuffer) throws {
        if message.readableBytesView.starts(with: #"{"type":"error","#.utf8) {
            guard case .error = try ProgressServerMessage(message.readableBytesView) else { return }
            errors += 1
            guard errors <= nonsense + cancels else { throw ScheduleFailure("an error that answers nothing") }
            return
        }
        let (rest, details) = try Self.split(message)
        events += 1
        if isFull {
            let event = try ProgressMessage.decodeFull(rest.readableBytesView)
            try check(order: event)
            try operation.check(event, details: details)
            if event.skipped > 0 { jumps += 1 }
            last = event
        } else {
            let state = String(buffer: rest).dropFirst(#"{"state":""#.count).prefix { $0 != "\"" }
            lastReport = try operation.check(state: String(state), details: details, after: lastReport)
            guard String(buffer: rest) == #"{"state":"\#(state)","details":null}"# else {
                throw ScheduleFailure("not the plain format: \(String(buffer: rest))")
            }
        }
    }

    /// A message with null in place of its details, and these; they are compared by themselves, being large.
    private static func split(_ message: ByteBuffer) throws(ScheduleFailure) -> (ByteBuffer, ByteBuffer?) {
        guard let name = message.readableBytesView.prefix(400).firstRange(of: Array(#""details":"#.utf8)) else {
            throw ScheduleFailure("a message without details: \(String(buffer: message).prefix(400))")
        }
        guard message.readableBytesView[name.upperBound...].first == UInt8(ascii: "\"") else { return (message, nil) }
        let start = name.upperBound + 1
        // From behind, because what follows the details is short.
        let tail = message.readableBytesView[max(start, message.writerIndex - 1000)...]
        let close = tail.firstRange(of: Array(#"","title":"#.utf8)) ?? tail.firstRange(of: Array(#""}"#.utf8))
        guard let end = close?.lowerBound else { throw ScheduleFailure("details without an end") }
        var rest = ByteBuffer(bytes: message.readableBytesView[..<name.upperBound])
        rest.writeStaticString("null")
        rest.writeBytes(message.readableBytesView[(end + 1)...])
        return (rest, message.getSlice(at: start, length: end - start))
    }

    private func check(order event: ProgressEvent) throws(ScheduleFailure) {
        let revision = event.snapshot.revision
        guard let last else { return try checkFirst(event) }
        guard last.kind != .end else { throw ScheduleFailure("\(event.kind) after the end") }
        guard event.kind != .snapshot else { throw ScheduleFailure("a second snapshot") }
        guard revision == last.snapshot.revision + 1 + event.skipped else {
            let skipped = "\(event.skipped) skipped"
            throw ScheduleFailure("revision \(revision) came after \(last.snapshot.revision) with \(skipped)")
        }
    }

    private func checkFirst(_ event: ProgressEvent) throws(ScheduleFailure) {
        let revision = event.snapshot.revision
        guard let cursor else {
            guard event.kind != .update, event.resumed == false, event.skipped == 0 else {
                throw ScheduleFailure("the first message is \(event.kind), resumed \(event.resumed as Any)")
            }
            guard revision >= reportedBefore.revision else {
                throw ScheduleFailure("the first revision is \(revision), older than \(reportedBefore.revision)")
            }
            return
        }
        let follows = revision == cursor.revision + 1 + event.skipped
        let isRight =
            switch event.resumed {
            // Nothing was missed at first, so this is simply what came next.
            case nil: follows && event.kind != .snapshot
            case true?: follows && event.skipped == 0 && event.kind != .update
            case false?: follows && event.skipped > 0 && event.kind != .update
            }
        guard isRight else {
            throw ScheduleFailure("\(event.kind) \(revision), resumed \(event.resumed as Any), follows \(cursor)")
        }
    }
}
