// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
import LiveProgressGrammar
import LiveProgressWire

/// What an authorizer decides by: a request's head, and where it comes from.
public struct ProgressAccessRequest: Sendable {
    /// The request's head.
    public let head: HTTPRequest
    /// Where it comes from.
    public let caller: ProgressCaller
    /// A token that came over a connection that is open already, to go on with instead of the request's own.
    public let renewal: String?

    /// A request of a caller.
    public init(head: HTTPRequest, caller: ProgressCaller = ProgressCaller(), renewal: String? = nil) {
        self.head = head
        self.caller = caller
        self.renewal = renewal
    }

    /// The same request with new credentials, which came over the connection that it opened.
    package func renewed(by token: String) -> ProgressAccessRequest {
        ProgressAccessRequest(head: head, caller: caller, renewal: token)
    }

    /// The credential that came with the request; of several the first in this order counts: the renewal, the field
    /// `Authorization`, the subprotocols of an upgrade, the query.
    public var credential: ProgressCredential? {
        if let renewal { return .bearer(renewal) }
        if let text = head.headerFields[.authorization] { return Self.bearer(text).map(ProgressCredential.bearer) }
        let prefix = ProgressFormat.bearerSubprotocolPrefix
        let asked = FieldList.tokens(head.headerFields[.secWebSocketProtocol])
        if let token = asked.first(where: { $0.hasPrefix(prefix) }) {
            return .bearer(String(token.dropFirst(prefix.count)))
        }
        return queryCredential
    }

    private var queryCredential: ProgressCredential? {
        guard let items = try? RequestTarget(head.path ?? "/").queryItems() else { return nil }
        if let ticket = items.first(where: { $0.name == ProgressRoutes.ticketParameter }) {
            return .ticket(ticket.value)
        }
        return items.first { $0.name == ProgressRoutes.tokenParameter }.map { .queryToken($0.value) }
    }

    /// The token of `Bearer TOKEN` (RFC 6750 section 2.1).
    private static func bearer(_ field: String) -> String? {
        guard let space = field.firstIndex(of: " "), field[..<space].lowercased() == "bearer" else { return nil }
        let token = field[space...].drop { $0 == " " }
        return token.isEmpty ? nil : String(token)
    }
}

/// What somebody shows to be let in.
public enum ProgressCredential: Sendable, Hashable {
    /// A token in a header field or a message: whoever bears it may use it.
    case bearer(String)
    /// A one-time ticket in the query, `?ticket=`.
    case ticket(String)
    /// A token in the query, `?access_token=` (RFC 6750 section 2.3), which logs and histories may keep.
    case queryToken(String)
}

extension ProgressCredential: CustomStringConvertible {
    /// The kind alone, lest a secret stand in a log.
    public var description: String {
        switch self {
        case .bearer: "bearer"
        case .ticket: "ticket"
        case .queryToken: "query token"
        }
    }
}
