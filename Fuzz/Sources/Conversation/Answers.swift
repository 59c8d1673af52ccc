// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import FuzzedConnections

/// Reads the server's output as a strict client: HTTP/1.1 responses and, after a 101, frames.
struct Answers {
    private var rest: ArraySlice<UInt8>
    /// Whether the client sent a HEAD request.
    ///
    /// The response to HEAD announces the length of a body that it does not have (RFC 9110, section 9.3.2).
    private let isHeadAmongRequests: Bool

    /// Reads all responses to a client's bytes, and fails if a strict client could not read them.
    static func check(_ bytes: [UInt8], to events: [ConnectionEvent]) {
        let sent: [UInt8] = events.flatMap { event in if case .bytes(let bytes) = event { bytes } else { [UInt8]() } }
        let isHeadAmongRequests = String(decoding: sent, as: UTF8.self).contains("HEAD ")
        var answers = Answers(rest: bytes[...], isHeadAmongRequests: isHeadAmongRequests)
        while !answers.rest.isEmpty {
            if answers.readResponse() == 101 { return FrameReader.check(answers.rest) }
        }
    }

    private init(rest: ArraySlice<UInt8>, isHeadAmongRequests: Bool) {
        self.rest = rest
        self.isHeadAmongRequests = isHeadAmongRequests
    }

    private mutating func readResponse() -> Int {
        let words = line().split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "HTTP/1.1" || words[0] == "HTTP/1.0", words[1].utf8.count == 3,
            let status = Int(words[1]), (100...599).contains(status)
        else { fail("no status line: \(words)") }
        var fields: [String: [String]] = [:]
        while case let line = line(), !line.isEmpty {
            guard let colon = line.firstIndex(of: ":"), colon > line.startIndex else { fail("no field: \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            fields[line[..<colon].lowercased(), default: []].append(String(value))
        }
        status == 101 ? checkUpgrade(fields) : skipBody(status, fields)
        return status
    }

    private func checkUpgrade(_ fields: [String: [String]]) {
        expectEqual(fields["sec-websocket-accept"], [Head.accept], "what shows that the key was read")
        expectEqual(fields["upgrade"].map { $0.map { $0.lowercased() } }, ["websocket"], "Upgrade")
        expectEqual(fields["connection"].map { $0.map { $0.lowercased() } }, ["upgrade"], "Connection")
        expect(fields["content-length"] == nil && fields["transfer-encoding"] == nil, "a 101 with a body")
        expect(fields["sec-websocket-extensions"] == nil, "an extension that was not asked for")
        if let subprotocol = fields["sec-websocket-protocol"] {
            expectEqual(subprotocol, ["live-progress.v1"], "the subprotocol")
        }
    }

    private mutating func skipBody(_ status: Int, _ fields: [String: [String]]) {
        // Interim responses have no body.
        guard status >= 200, status != 204, status != 304 else { return }
        guard let length = fields["content-length"], length.count == 1, let count = Int(length[0]), count >= 0 else {
            fail("a \(status) that does not say how long it is: \(fields)")
        }
        expect(fields["transfer-encoding"] == nil, "two lengths")
        // The routes here answer HEAD with the length 0. The refusal of an upgrade has another length, and is the last response.
        if isHeadAmongRequests, rest.isEmpty { return }
        expect(count <= rest.count, "a \(status) of \(rest.count) bytes in place of \(count)")
        rest = rest.dropFirst(count)
    }

    private mutating func line() -> String {
        guard let end = rest.firstIndex(of: 0x0A), end > rest.startIndex, rest[end - 1] == 0x0D else {
            fail("no line: \(String(decoding: rest, as: UTF8.self))")
        }
        let line = rest[..<(end - 1)]
        rest = rest[(end + 1)...]
        guard line.allSatisfy({ (0x20...0x7E).contains($0) }) else { fail("a line with other bytes: \(line)") }
        return String(decoding: line, as: UTF8.self)
    }
}
