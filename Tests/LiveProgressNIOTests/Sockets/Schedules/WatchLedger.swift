// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import NIOCore

@_spi(Server) @testable import LiveProgressWire

/// The record of what one connection sent and received, checked frame by frame against the invariants.
struct WatchLedger {
    private let operation: ScheduleOperation
    private let isFull: Bool
    private let cursor: ProgressCursor?
    /// The newest report before the connection opened; the first message must not be older.
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

    /// Whether every report has arrived.
    var isCaughtUp: Bool {
        guard events > 0 || (cursor?.revision ?? 0) >= operation.reported && cursor != nil else { return false }
        guard isFull else { return lastReport >= operation.reportCount }
        return (last?.snapshot.revision ?? cursor?.revision ?? 0) >= operation.reported
    }

    // MARK: Sent messages

    mutating func nextPing(filler: [UInt8]) -> ByteBuffer {
        pingCount += 1
        var payload = ByteBuffer(integer: pingCount)
        payload.writeBytes(filler)
        pings.append(payload)
        return payload
    }

    mutating func askedToCancel() { cancels += 1 }

    mutating func talkedNonsense() { nonsense += 1 }

    // MARK: Received frames

    mutating func take(_ frame: StrictFrame) throws {
        switch frame.kind {
        case .text: try take(message: frame.payload)
        case .close: closeCode = frame.closeCode
        case .ping: throw ScheduleFailure("a ping of a server that has no heartbeat")
        case .pong: try take(pong: frame.payload)
        }
    }

    /// Removes the answered pings: pongs come in order, and a later pong may also answer earlier pings (RFC 6455
    /// section 5.5.3).
    private mutating func take(pong: ByteBuffer) throws(ScheduleFailure) {
        guard let index = pings.firstIndex(of: pong) else { throw ScheduleFailure("a pong that answers no open ping") }
        pings.removeFirst(index + 1)
        pongs += 1
    }

    /// Checks that every rejected or invalid message got an error, and no other message did.
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

    /// Returns a message with null in place of its details, and the details; large details are compared separately.
    private static func split(_ message: ByteBuffer) throws(ScheduleFailure) -> (ByteBuffer, ByteBuffer?) {
        guard let name = message.readableBytesView.prefix(400).firstRange(of: Array(#""details":"#.utf8)) else {
            throw ScheduleFailure("a message without details: \(String(buffer: message).prefix(400))")
        }
        guard message.readableBytesView[name.upperBound...].first == UInt8(ascii: "\"") else { return (message, nil) }
        let start = name.upperBound + 1
        // Search from the end, because little follows the details.
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
            // The cursor was at the newest revision at first, so this event is the next revision.
            case nil: follows && event.kind != .snapshot
            case true?: follows && event.skipped == 0 && event.kind != .update
            case false?: follows && event.skipped > 0 && event.kind != .update
            }
        guard isRight else {
            throw ScheduleFailure("\(event.kind) \(revision), resumed \(event.resumed as Any), follows \(cursor)")
        }
    }
}
