// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
import LiveProgressGrammar
@_spi(Server) import LiveProgressWire

/// The request on which an authorizer decides: its head and its caller.
public struct ProgressAccessRequest: Sendable {
    /// The request's head.
    public let head: HTTPRequest
    /// The caller of the request.
    public let caller: ProgressCaller
    /// A new token from a message on an open connection, which replaces the credential of the request's head.
    public let renewal: String?

    /// Creates an access request from its parts.
    public init(head: HTTPRequest, caller: ProgressCaller = ProgressCaller(), renewal: String? = nil) {
        self.head = head
        self.caller = caller
        self.renewal = renewal
    }

    /// Returns the same request with a new token, which was received on the connection that the request opened.
    package func renewed(by token: String) -> ProgressAccessRequest {
        ProgressAccessRequest(head: head, caller: caller, renewal: token)
    }

    /// The credential of the request; `nil` if the request has none.
    ///
    /// The first credential in this order counts: the renewal, the field `Authorization`, the subprotocols of an
    /// upgrade, the query.
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

    /// Returns the token of `Bearer TOKEN` (RFC 6750 section 2.1).
    private static func bearer(_ field: String) -> String? {
        guard let space = field.firstIndex(of: " "), field[..<space].lowercased() == "bearer" else { return nil }
        let token = field[space...].drop { $0 == " " }
        return token.isEmpty ? nil : String(token)
    }
}

/// The credential of a request.
public enum ProgressCredential: Sendable, Hashable {
    /// A bearer token in a header field or a message.
    case bearer(String)
    /// A one-time ticket in the query, `?ticket=`.
    case ticket(String)
    /// A token in the query, `?access_token=` (RFC 6750 section 2.3); logs and browser histories may keep it.
    case queryToken(String)
}

extension ProgressCredential: CustomStringConvertible {
    /// The kind of the credential without the secret, so that no log has the secret.
    public var description: String {
        switch self {
        case .bearer: "bearer"
        case .ticket: "ticket"
        case .queryToken: "query token"
        }
    }
}
