// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import NIOCore
internal import NIOHPACK

/// Reads the server's output as a strict client, by RFC 9113 sections 4 to 6.
struct Reader {
    /// The response on one stream.
    private struct Answer {
        var status: String?
        var isEnded = false
        var isReset = false
    }

    private var rest: ArraySlice<UInt8>
    private var decoder = HPACKDecoder(allocator: ByteBufferAllocator())
    private var frames = 0
    private var answers: [UInt32: Answer] = [:]
    private var lastStream: UInt32?

    /// The status of each stream that has one.
    var statuses: [UInt32: String] { answers.compactMapValues(\.status) }

    /// Reads all output, and fails if a client could not read it.
    init(_ bytes: [UInt8]) {
        rest = bytes[...]
        while !rest.isEmpty { readFrame() }
    }

    private mutating func readFrame() {
        let head = take(9)
        let length = head.prefix(3).reduce(0) { $0 << 8 | Int($1) }
        let stream = Self.number(head.suffix(4))
        expect(length <= 16_384, "a frame of \(length) bytes")
        guard let kind = FrameBytes.Kind(rawValue: head[head.startIndex + 3]) else { fail("a frame of type \(head)") }
        let flags = head[head.startIndex + 4]
        let payload = take(length)
        expect(frames > 0 || kind == .settings && flags & FrameBytes.acknowledges == 0, "begins with \(kind)")
        frames += 1
        switch kind {
        case .headers, .data, .resetStream: readStreamFrame(kind, flags, stream, payload)
        case .settings: expect(stream == 0 && length % 6 == 0, "settings of \(length) bytes on \(stream)")
        case .ping: expect(stream == 0 && length == 8, "a ping of \(length) bytes on \(stream)")
        case .windowUpdate: expect(length == 4 && Self.number(payload) > 0, "a window update of \(payload)")
        case .goAway: readGoAway(stream, payload)
        case .priority, .pushPromise, .continuation: fail("a frame of \(kind)")
        }
    }

    private mutating func readStreamFrame(
        _ kind: FrameBytes.Kind,
        _ flags: UInt8,
        _ stream: UInt32,
        _ payload: ArraySlice<UInt8>
    ) {
        // If a client uses a stream identifier of the server, the server resets that stream.
        expect(kind == .resetStream ? stream > 0 : stream % 2 == 1, "\(kind) on stream \(stream)")
        var answer = answers[stream] ?? Answer()
        // If the client keeps sending on a closed stream, the server may reset it each time (section 5.1).
        expect(kind == .resetStream || !answer.isEnded && !answer.isReset, "\(kind) behind the end of \(stream)")
        switch kind {
        case .headers:
            expect(flags & FrameBytes.endHeaders != 0, "headers that go on")
            expect(flags & (FrameBytes.isPadded | FrameBytes.hasPriority) == 0, "headers with flags \(flags)")
            expect(answer.status == nil, "headers again on \(stream)")
            answer.status = status(payload)
        case .data:
            expect(answer.status != nil, "data before headers on \(stream)")
        default:
            expect(payload.count == 4, "a reset of \(payload)")
            answer.isReset = true
        }
        if kind != .resetStream, flags & FrameBytes.endStream != 0 { answer.isEnded = true }
        answers[stream] = answer
    }

    private mutating func status(_ block: ArraySlice<UInt8>) -> String {
        var bytes = ByteBuffer(bytes: block)
        guard let fields = try? decoder.decodeHeaders(from: &bytes) else {
            fail("fields that cannot be read: \(block)")
        }
        guard let first = fields.first, first.name == ":status" else {
            fail("no status: \(fields)")
        }
        for (name, _, _) in fields { expect(name == name.lowercased(), "a name with capitals: \(name)") }
        return first.value
    }

    private mutating func readGoAway(_ stream: UInt32, _ payload: ArraySlice<UInt8>) {
        expect(stream == 0 && payload.count >= 8, "a farewell of \(payload) on \(stream)")
        let last = Self.number(payload.prefix(4))
        if let lastStream { expect(last <= lastStream, "a last stream of \(last) behind \(lastStream)") }
        lastStream = last
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        expect(count <= rest.count, "\(rest.count) bytes in place of \(count)")
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }
}
