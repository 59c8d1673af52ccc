// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// A parser of the bytes that a NATS server sends: a pure state machine.
///
/// The bytes may arrive in pieces of any size. The parser keeps at most one incomplete message, whose size is limited.
/// The format is that of the [NATS client protocol](https://docs.nats.io/reference/reference-protocols/nats-protocol).
struct NATSParser {
    /// The most bytes of one line without its payload; the largest is `INFO` of a large cluster.
    static let maximumLine = 64 << 10

    private enum State {
        /// Waits for the end of a line; no line feed is in the first `scanned` bytes.
        case line(scanned: Int)
        case payload(Head)
    }

    private struct Head {
        let subject: String
        let subscription: UInt64
        let reply: String?
        let headerCount: Int
        let totalCount: Int
    }

    /// The bytes that were read and still take room, after which the rest is moved.
    private static let mostReadBytes = 256 << 10

    private let maximumMessage: Int
    private var state = State.line(scanned: 0)
    /// The received bytes that are not read yet.
    private(set) var buffer = ByteBuffer()

    /// Creates a parser.
    ///
    /// - Parameter maximumMessage: The most bytes of the header fields and the payload of one message.
    init(maximumMessage: Int) {
        self.maximumMessage = maximumMessage
    }

    /// Appends received bytes.
    mutating func append(_ bytes: ByteBuffer) {
        guard buffer.readableBytes > 0 else {
            buffer = bytes
            return
        }
        if buffer.readerIndex > Self.mostReadBytes { buffer.discardReadBytes() }
        buffer.writeImmutableBuffer(bytes)
    }

    /// Reads the next operation.
    ///
    /// - Returns: The operation, or `nil` if it is incomplete.
    /// - Throws: ``NATSError/Code/protocolViolation``; the connection must then be closed.
    mutating func next() throws(NATSError) -> ServerOperation? {
        while true {
            switch state {
            case .line(let scanned):
                guard let line = try readLine(scanned: scanned) else { return nil }
                state = .line(scanned: 0)
                if let operation = try read(line: line) { return operation }
            case .payload(let head):
                guard buffer.readableBytes >= head.totalCount + 2 else { return nil }
                state = .line(scanned: 0)
                return try readMessage(head)
            }
        }
    }

    private mutating func readLine(scanned: Int) throws(NATSError) -> String? {
        let view = buffer.readableBytesView
        guard let end = view.dropFirst(scanned).firstIndex(of: UInt8(ascii: "\n")) else {
            guard view.count < Self.maximumLine else { throw Self.malformed("a line that is too long") }
            state = .line(scanned: view.count)
            return nil
        }
        let count = end - view.startIndex
        guard count < Self.maximumLine, count > 0, view[end - 1] == UInt8(ascii: "\r") else {
            throw Self.malformed("a line that is too long or has no carriage return")
        }
        let line = String(decoding: view.prefix(count - 1), as: UTF8.self)
        buffer.moveReaderIndex(forwardBy: count + 1)
        return line
    }

    /// Reads a line; returns `nil` if a payload follows.
    private mutating func read(line: String) throws(NATSError) -> ServerOperation? {
        let words = line.split(maxSplits: 1) { $0 == " " || $0 == "\t" }
        guard let name = words.first else { throw Self.malformed("an empty line") }
        let rest = words.count > 1 ? words[1] : ""
        switch name.uppercased() {
        case "MSG":
            state = .payload(try head(rest, hasHeaders: false))
            return nil
        case "HMSG":
            state = .payload(try head(rest, hasHeaders: true))
            return nil
        case "PING": return .ping
        case "PONG": return .pong
        case "+OK": return .ok
        case "-ERR": return .error(rest.trimmingPrefix(" ").filter { $0 != "'" })
        case "INFO": return .info(try ServerInfo(json: rest.utf8))
        default: throw Self.malformed("the unknown operation \(name.prefix(16).debugDescription)")
        }
    }

    private func head(_ text: Substring, hasHeaders: Bool) throws(NATSError) -> Head {
        var words = text.split { $0 == " " || $0 == "\t" }
        let sizes = hasHeaders ? 2 : 1
        guard words.count == 2 + sizes || words.count == 3 + sizes else {
            throw Self.malformed("a message without its sizes")
        }
        guard let total = Self.size(words.removeLast()), let headers = hasHeaders ? Self.size(words.removeLast()) : 0,
            let subscription = UInt64(words[1])
        else { throw Self.malformed("a message with sizes that are no numbers") }
        guard headers <= total, total <= maximumMessage else {
            throw Self.malformed("a message of \(total) bytes; the limit is \(maximumMessage)")
        }
        return Head(
            subject: String(words[0]),
            subscription: subscription,
            reply: words.count > 2 ? String(words[2]) : nil,
            headerCount: headers,
            totalCount: total
        )
    }

    /// Returns the number in a field of digits alone; `nil` for any other text.
    private static func size(_ text: Substring) -> Int? {
        guard text.utf8.count <= 10, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }

    private mutating func readMessage(_ head: Head) throws(NATSError) -> ServerOperation {
        guard var content = buffer.readSlice(length: head.totalCount), let end = buffer.readInteger(as: UInt16.self),
            let block = content.readSlice(length: head.headerCount)
        else { throw Self.malformed("an incomplete message") }
        guard end == 0x0D0A else { throw Self.malformed("a message without its end of line") }
        let headers = head.headerCount > 0 ? try NATSHeaders(block: block.readableBytesView) : NATSHeaders()
        let message = NATSMessage(subject: head.subject, reply: head.reply, headers: headers, payload: content)
        return .message(message, subscription: head.subscription)
    }

    private static func malformed(_ what: String) -> NATSError {
        NATSError(.protocolViolation, "The server sent \(what). Is it a NATS server?")
    }
}

/// One operation that a server sends.
enum ServerOperation: Sendable, Hashable {
    case info(ServerInfo)
    case message(NATSMessage, subscription: UInt64)
    case ping
    case pong
    case ok
    /// The text of `-ERR`, without its quotes.
    case error(String)
}
