// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import NIOCore

@testable import LiveProgressTesting
@_spi(Server) @testable import LiveProgressWire

/// A watcher of a schedule: a socket, and a ledger of all data that came through the socket.
///
/// The client acts only when it is called, and checks each received byte immediately.
final class ScheduleClient {
    /// The way in which the client ended the connection.
    enum Leaving { case no, closed(UInt16), halfClosed, vanished }

    let operation: ScheduleOperation
    let isFull: Bool
    private(set) var ledger: WatchLedger
    private let socket: RawSocket
    private let codec: any ScheduleCodec
    private var parser = StrictFrameParser()
    private var head = ByteBuffer()
    private var isUpgraded = false
    private var random: SeededGenerator
    private(set) var leaving = Leaving.no
    /// Whether no more bytes can arrive.
    private(set) var isOver = false
    /// The number of steps in which the client does not read.
    var stalledSteps = 0

    init(
        server: ScheduleServer,
        operation: ScheduleOperation,
        cursor: ProgressCursor?,
        isFull: Bool,
        settings: ScheduleSettings,
        codec: any ScheduleCodec,
        random: SeededGenerator
    ) throws {
        self.operation = operation
        self.isFull = isFull
        self.codec = codec
        self.random = random
        ledger = WatchLedger(operation: operation, isFull: isFull, cursor: cursor)
        socket = try RawSocket(port: server.port, receiveBuffer: settings.receiveBuffer)
        _ = socket.send(try codec.begin())
        var request = ByteBuffer(string: request(cursor, port: server.port))
        // Bytes after the request in the same segment already belong to the WebSocket.
        if Bool.random(using: &self.random) { request.writeImmutableBuffer(nextPing()) }
        try send(request)
        while !isUpgraded { try take(upTo: 300) }
    }

    /// Whether the client may still send messages that the server answers.
    var isOpen: Bool {
        if isOver || ledger.closeCode != nil { return false }
        if case .no = leaving { return true }
        return false
    }

    /// Whether the client still reads.
    var isReading: Bool {
        if case .vanished = leaving { return false }
        return !isOver
    }

    private func request(_ cursor: ProgressCursor?, port: Int) -> String {
        let query = cursor.map { "?cursor=\($0)" } ?? ""
        let subprotocol = isFull ? "Sec-WebSocket-Protocol: \(ProgressFormat.subprotocol)\r\n" : ""
        return """
            GET \(ProgressRoutes.path(for: operation.id))\(query) HTTP/1.1\r
            Host: 127.0.0.1:\(port)\r
            Connection: Upgrade\r
            Upgrade: websocket\r
            Sec-WebSocket-Version: 13\r
            Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
            \(subprotocol)\r

            """
    }
}

// MARK: Sending

extension ScheduleClient {
    func ping() throws { try send(nextPing()) }

    func requestCancel() throws {
        ledger.askedToCancel()
        try send(maskedFrame(0x81, #"{"type":"cancel"}"#.utf8, key: key()))
    }

    func talkNonsense() throws {
        ledger.talkedNonsense()
        try send(maskedFrame(0x81, "{".utf8, key: key()))
    }

    func close(_ code: UInt16) throws {
        leaving = .closed(code)
        try send(maskedFrame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)], key: key()))
    }

    func closeHalf() {
        leaving = .halfClosed
        socket.closeOutput()
    }

    func vanish() {
        leaving = .vanished
        socket.reset()
    }

    private func nextPing() -> ByteBuffer {
        let filler = (0..<Int.random(in: 0...121, using: &random)).map { UInt8(truncatingIfNeeded: $0) }
        let payload = ledger.nextPing(filler: filler)
        return maskedFrame(0x89, payload.readableBytesView, key: key())
    }

    private func key() -> UInt32 { .random(in: 1 ... .max, using: &random) }

    private func send(_ bytes: ByteBuffer) throws {
        guard !socket.send(try codec.encode(bytes)), ledger.closeCode == nil else { return }
        // Bytes from before the server closed may still be unread; they show whether the close was allowed.
        try drain()
    }
}

// MARK: Reading

extension ScheduleClient {
    /// Reads at most `limit` of the available bytes; does not wait.
    func receive(upTo limit: Int) throws {
        guard isReading else { return }
        try take(socket.receive(upTo: limit))
    }

    /// Reads until the server has answered the client's last ping, and so all earlier messages.
    func settle() throws {
        try ping()
        while isOpen, !ledger.hasLastPong { try take(upTo: .random(in: 1...50_000, using: &random)) }
        if isOpen { try ledger.checkAnswers() }
    }

    /// Reads until every report has arrived.
    func catchUp() throws {
        while isOpen, !ledger.isCaughtUp { try take(upTo: .random(in: 1...50_000, using: &random)) }
    }

    /// Reads until the stream ends.
    func drain() throws {
        while isReading { try take(upTo: .random(in: 1...100_000, using: &random)) }
        socket.close()
    }

    private func take(upTo limit: Int) throws {
        try socket.waitUntilReadable()
        try take(socket.receive(upTo: limit))
    }

    private func take(_ received: RawSocket.Received) throws {
        switch received {
        case .bytes(let bytes):
            let (plain, answer) = try codec.decode(bytes)
            if answer.readableBytes > 0 { _ = socket.send(answer) }
            try read(plain)
        case .nothing: break
        case .end: try end(isReset: false)
        case .reset: try end(isReset: true)
        }
    }

    private func read(_ bytes: ByteBuffer) throws {
        guard isUpgraded else { return try readHead(bytes) }
        parser.append(bytes)
        while let frame = try parser.next() {
            try ledger.take(frame)
            guard frame.kind == .close, case .no = leaving, let code = frame.closeCode else { continue }
            _ = socket.send(try codec.encode(maskedFrame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)], key: key())))
        }
    }

    private func readHead(_ bytes: ByteBuffer) throws {
        head.writeImmutableBuffer(bytes)
        guard let end = head.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
        guard head.readableBytesView.starts(with: "HTTP/1.1 101 ".utf8) else {
            throw ScheduleFailure("the upgrade was answered with \(String(buffer: head))")
        }
        head.moveReaderIndex(to: end.upperBound)
        isUpgraded = true
        try read(head)
    }

    /// Handles the end of the stream: it needs a close frame, unless the client has closed its half.
    private func end(isReset: Bool) throws {
        isOver = true
        if case .halfClosed = leaving { return }
        guard isUpgraded else { throw ScheduleFailure("the stream ended before the upgrade") }
        guard ledger.closeCode != nil else { throw ScheduleFailure("the stream ended without a close frame") }
        guard !isReset else { throw ScheduleFailure("the connection was reset after the close frame") }
        guard !parser.isInFrame else { throw ScheduleFailure("the stream ended within a frame") }
    }
}
