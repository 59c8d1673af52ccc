// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar
import LiveProgressHTTP
import LiveProgressWebSocket
import NIOHTTP1

/// What the head of a request must keep to beyond the grammar that the decoder checks: no state, no I/O.
///
/// Each rule is one where two servers could read the same bytes differently, or where nothing sensible can be answered.
enum RequestRules {
    /// Why a head cannot be answered, or `nil` where it can.
    static func refusal(of head: HTTPRequestHead, limits: ConnectionLimits) -> RequestGuard.Refusal? {
        guard head.version.major == 1, head.version.minor <= 1 else { return .unsupportedVersion }
        guard head.uri.utf8.count <= limits.maximumTargetSize else {
            return .targetTooLong(limit: limits.maximumTargetSize)
        }
        return text(of: head) ?? host(of: head) ?? target(of: head) ?? transferCoding(of: head) ?? expectation(of: head)
            ?? upgrade(of: head)
    }

    /// RFC 9110 section 5.5: fields that are compared with names have nothing but ASCII in them.
    ///
    /// Comparing texts of other characters can take time that grows with the square of their length.
    private static func text(of head: HTTPRequestHead) -> RequestGuard.Refusal? {
        for (name, value) in head.headers where !isASCII(value) {
            let name = name.lowercased()
            if comparedFields.contains(name) || name.hasPrefix("sec-") { return .malformed }
        }
        return nil
    }

    private static func isASCII(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in bytes.allSatisfy { $0 < 0x80 } }
    }

    private static let comparedFields: Set<String> = [
        "accept", "authorization", "connection", "content-type", "expect", "host", "idempotency-key", "if-match",
        "if-none-match", "last-event-id", "origin", "prefer", "transfer-encoding", "upgrade",
    ]

    /// RFC 6455 section 4.2.1: who asks for a WebSocket does so in HTTP/1.1, and says so to this hop.
    ///
    /// What is wrong with a handshake otherwise, the routes say.
    private static func upgrade(of head: HTTPRequestHead) -> RequestGuard.Refusal? {
        guard HandshakeRequest.isAsked(by: head) else { return nil }
        guard head.version == .http1_1 else { return .badUpgrade("A WebSocket handshake needs HTTP/1.1.") }
        return head.headers.lists("upgrade", in: "connection") ? nil : .badUpgrade("Connection must name Upgrade.")
    }

    /// Whether nothing behind the request is read as one, because it may be of another protocol.
    ///
    /// Whatever names a protocol counts, also where `Connection` does not: the decoder reads that field in its own way, and
    /// may stop or go on where nobody else would.
    static func endsDecoding(_ head: HTTPRequestHead) -> Bool {
        head.method == .CONNECT || head.headers.contains(name: "upgrade")
    }

    /// RFC 9112 section 3.2: exactly one `Host`, which HTTP/1.0 may leave out.
    private static func host(of head: HTTPRequestHead) -> RequestGuard.Refusal? {
        let hosts = head.headers["host"]
        if hosts.isEmpty, head.version == .http1_0 { return nil }
        guard hosts.count == 1 else { return .badHost("A request has exactly one Host field.") }
        // Empty where the target has no authority, which is nothing that a browser would send.
        return hosts[0].isEmpty || Authority(hosts[0][...]) != nil
            ? nil : .badHost("Host is no name or address with a port.")
    }

    /// RFC 9112 section 3.2: the form of the target, and no fragment in it.
    private static func target(of head: HTTPRequestHead) -> RequestGuard.Refusal? {
        let target = head.uri.utf8
        // No path is served for them; an answer that tunnels, or shows a request's fields to a page, helps attackers only.
        if head.method == .CONNECT || head.method == .TRACE { return .methodNotImplemented(head.method.rawValue) }
        guard ByteSet.visible.containsAll(of: target), !target.contains(UInt8(ascii: "#")) else { return .malformed }
        if target.first == UInt8(ascii: "/") { return nil }
        if head.uri == "*" { return head.method == .OPTIONS ? nil : .malformed }
        guard let url = AbsoluteURL(head.uri), ["http", "https"].contains(url.scheme.lowercased()),
            Authority(url.authority) != nil
        else { return .malformed }
        // Only one of the two could be checked against the names that a server serves.
        guard let host = head.headers["host"].first, host.lowercased() == url.authority.lowercased() else {
            return .badHost("Host is not the one of the target.")
        }
        return nil
    }

    /// RFC 9112 sections 6.1 and 6.3; that a length beside it is refused is the decoder's.
    private static func transferCoding(of head: HTTPRequestHead) -> RequestGuard.Refusal? {
        guard head.headers.contains(name: "transfer-encoding") else { return nil }
        guard head.version == .http1_1 else { return .malformed }
        let codings = head.headers[canonicalForm: "transfer-encoding"].map { $0.lowercased() }
        if let unknown = codings.first(where: { $0 != "chunked" }) {
            return unknown.isEmpty ? .malformed : .unknownTransferCoding
        }
        return codings.count == 1 ? nil : .malformed
    }

    /// RFC 9110 section 10.1.1: the one expectation that there is.
    private static func expectation(of head: HTTPRequestHead) -> RequestGuard.Refusal? {
        guard head.headers.contains(name: "expect") else { return nil }
        return head.headers["expect"].allSatisfy { $0.lowercased() == "100-continue" } ? nil : .expectationFailed
    }

    /// Whether a client waits for leave before it sends the body.
    static func waitsForContinue(_ head: HTTPRequestHead) -> Bool {
        head.version == .http1_1 && head.headers.contains(name: "expect")
            && (head.headers.contains(name: "transfer-encoding") || length(of: head) ?? 0 > 0)
    }

    /// The announced length of the body; one that no number here can hold is the largest there is.
    static func length(of head: HTTPRequestHead) -> Int? {
        head.headers.first(name: "content-length").map { Int($0) ?? .max }
    }
}
