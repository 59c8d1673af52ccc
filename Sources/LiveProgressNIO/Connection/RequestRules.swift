// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar
import LiveProgressHTTP
import LiveProgressWebSocket
import NIOHTTP1

/// The rules for the head of a request beyond the grammar that the decoder checks: no state, no I/O.
///
/// Each rule rejects heads that two servers could read differently, or that have no useful response.
enum RequestRules {
    /// Returns why a head must be refused, or `nil` if it is valid.
    static func refusal(of head: HTTPRequestHead, limits: ConnectionLimits) -> RequestGuard.Refusal? {
        guard head.version.major == 1, head.version.minor <= 1 else { return .unsupportedVersion }
        guard head.uri.utf8.count <= limits.maximumTargetSize else {
            return .targetTooLong(limit: limits.maximumTargetSize)
        }
        return text(of: head) ?? host(of: head) ?? target(of: head) ?? transferCoding(of: head) ?? expectation(of: head)
            ?? upgrade(of: head)
    }

    /// Checks RFC 9110 section 5.5: fields whose values are compared with names contain only ASCII.
    ///
    /// Comparing other characters can take time that grows with the square of their length.
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

    /// Checks RFC 6455 section 4.2.1: a WebSocket handshake uses HTTP/1.1, and `Connection` lists `Upgrade`.
    ///
    /// The routes report all other errors of a handshake.
    private static func upgrade(of head: HTTPRequestHead) -> RequestGuard.Refusal? {
        guard HandshakeRequest.isAsked(by: head) else { return nil }
        guard head.version == .http1_1 else { return .badUpgrade("A WebSocket handshake needs HTTP/1.1.") }
        return head.headers.lists("upgrade", in: "connection") ? nil : .badUpgrade("Connection must name Upgrade.")
    }

    /// Returns whether bytes after the request are not read as requests, because they may belong to another protocol.
    ///
    /// A `CONNECT` request counts, and so does an `Upgrade` field that `Connection` does not list. The decoder reads `Connection`
    /// by its own rules, so it may stop or continue where other servers would not.
    static func endsDecoding(_ head: HTTPRequestHead) -> Bool {
        head.method == .CONNECT || head.headers.contains(name: "upgrade")
    }

    /// Checks RFC 9112 section 3.2: a request has exactly one `Host`; HTTP/1.0 may omit it.
    private static func host(of head: HTTPRequestHead) -> RequestGuard.Refusal? {
        let hosts = head.headers["host"]
        if hosts.isEmpty, head.version == .http1_0 { return nil }
        guard hosts.count == 1 else { return .badHost("A request has exactly one Host field.") }
        // `Host` is empty if the target has no authority. Browsers never send such a request.
        return hosts[0].isEmpty || Authority(hosts[0][...]) != nil
            ? nil : .badHost("Host must be a name or an address, with an optional port.")
    }

    /// Checks RFC 9112 section 3.2: the target has a valid form and no fragment.
    private static func target(of head: HTTPRequestHead) -> RequestGuard.Refusal? {
        let target = head.uri.utf8
        // No path serves these methods. A tunnel, or a response that shows request fields to a page, would only help attackers.
        if head.method == .CONNECT || head.method == .TRACE { return .methodNotImplemented(head.method.rawValue) }
        guard ByteSet.visible.containsAll(of: target), !target.contains(UInt8(ascii: "#")) else { return .malformed }
        if target.first == UInt8(ascii: "/") { return nil }
        if head.uri == "*" { return head.method == .OPTIONS ? nil : .malformed }
        guard let url = AbsoluteURL(head.uri), ["http", "https"].contains(url.scheme.lowercased()),
            Authority(url.authority) != nil
        else { return .malformed }
        // The API checks only one of the two names against the names that it serves, so both must be equal.
        guard let host = head.headers["host"].first, host.lowercased() == url.authority.lowercased() else {
            return .badHost("Host must equal the host of the target.")
        }
        return nil
    }

    /// Checks RFC 9112 sections 6.1 and 6.3; the decoder refuses a length beside a transfer coding.
    private static func transferCoding(of head: HTTPRequestHead) -> RequestGuard.Refusal? {
        guard head.headers.contains(name: "transfer-encoding") else { return nil }
        guard head.version == .http1_1 else { return .malformed }
        let codings = head.headers[canonicalForm: "transfer-encoding"].map { $0.lowercased() }
        if let unknown = codings.first(where: { $0 != "chunked" }) {
            return unknown.isEmpty ? .malformed : .unknownTransferCoding
        }
        return codings.count == 1 ? nil : .malformed
    }

    /// Checks RFC 9110 section 10.1.1: `100-continue` is the only expectation.
    private static func expectation(of head: HTTPRequestHead) -> RequestGuard.Refusal? {
        guard head.headers.contains(name: "expect") else { return nil }
        return head.headers["expect"].allSatisfy { $0.lowercased() == "100-continue" } ? nil : .expectationFailed
    }

    /// Returns whether a client waits for `100 (Continue)` before it sends the body.
    static func waitsForContinue(_ head: HTTPRequestHead) -> Bool {
        head.version == .http1_1 && head.headers.contains(name: "expect")
            && (head.headers.contains(name: "transfer-encoding") || length(of: head) ?? 0 > 0)
    }

    /// Returns the announced length of the body; `Int.max` if the length does not fit an `Int`.
    static func length(of head: HTTPRequestHead) -> Int? {
        head.headers.first(name: "content-length").map { Int($0) ?? .max }
    }
}
