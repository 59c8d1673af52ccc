// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import HTTPTypes
import LiveProgress
import LiveProgressGrammar
import LiveProgressWire

extension ProgressAPI {
    /// Decides on a request to upgrade to WebSocket (RFC 6455, section 4.2); never throws.
    ///
    /// Call this function once for each request with an `Upgrade` field, and act on the decision: the call uses up a
    /// one-time ticket. A refusal is an HTTP response that states the reason. If the client offers the subprotocol
    /// `live-progress.v1`, the API selects it; otherwise the watcher gets the plain format. All other subprotocols are
    /// ignored.
    ///
    /// - Parameters:
    ///   - request: The request's head, with its `Upgrade` and `Sec-WebSocket-*` fields.
    ///   - caller: The caller of the request.
    /// - Returns: The decision. If it is `notOurs`, pass the request to ``respond(to:body:from:)``.
    package func watch(_ request: HTTPRequest, from caller: ProgressCaller = ProgressCaller()) -> WatchDecision {
        watch(request, from: caller, isSound: false)
    }

    /// Decides on a request to upgrade; if `isSound` is `true`, the server has already checked the handshake.
    package func watch(_ request: HTTPRequest, from caller: ProgressCaller, isSound: Bool) -> WatchDecision {
        let target = RequestTarget(request.path ?? "/")
        guard isSound || FieldList.lists("websocket", in: request.headerFields[.upgrade] ?? ""),
            let route = Route(path: target.path, under: configuration.path)
        else { return .notOurs }
        let (request, caller) = configuration.trustedProxies.origin(of: request, from: caller)
        do throws(Refusal) {
            if let problem = policy.refusal(of: request, from: caller) { throw Refusal(problem) }
            var exchange = try Exchange(request, caller: caller, target: target, route: route)
            exchange.slot = try slot(for: caller)
            if !isSound { try checkHandshake(exchange) }
            guard let authorizer = configuration.authorizer else {
                return .accept(try accept(exchange, .unlimited))
            }
            let decision = authorizer.authorize(exchange.accessRequest)
            guard case .later = decision else { return .accept(try accept(exchange, access(decision))) }
            return .later { [exchange] in await decide(exchange, decision.resolved()) }
        } catch {
            return refusal(error, request, caller)
        }
    }

    /// Returns the refusal of a malformed handshake.
    package func refusal(ofHandshake detail: String) -> ProgressResponse {
        ProgressResponse(problem: Problems.invalidUpgrade(detail))
    }

    private func decide(_ exchange: Exchange, _ decision: ProgressAuthorization) -> WatchDecision {
        do throws(Refusal) {
            return .accept(try accept(exchange, access(decision)))
        } catch {
            return refusal(error, exchange.request, exchange.caller)
        }
    }

    private func refusal(_ refusal: Refusal, _ request: HTTPRequest, _ caller: ProgressCaller) -> WatchDecision {
        if let limit = refusal.limit { configuration.limitRefusals.count(limit) }
        var response = ProgressResponse(addingAdvice(to: refusal))
        response.sealFields()
        protectResolved(&response.head.headerFields, request, caller)
        if request.method == .head { response.body = .empty }
        return .refuse(response)
    }

    private func accept(_ exchange: Exchange, _ access: Access) throws(Refusal) -> WatchAcceptance {
        var exchange = exchange
        exchange.access = access
        try exchange.readParameters()
        let watched: ProgressJournal?
        let target: WatchAcceptance.Target
        switch exchange.route {
        case .collection:
            watched = nil
            target = .feed(try query(exchange))
        case .operation(let id), .cancel(let id):
            let journal = try journal(id, to: .watch, access)
            watched = journal
            target = .operation(journal)
        }
        guard !shared.isDraining else { throw Refusal(Problems.shuttingDown) }
        let asked = FieldList.tokens(exchange[.secWebSocketProtocol])
        let isFull = asked.contains(ProgressFormat.subprotocol)
        return WatchAcceptance(
            target: target,
            format: isFull ? .full : .plain,
            cursor: exchange.cursorText,
            subprotocol: isFull ? ProgressFormat.subprotocol : nil,
            slot: try shared.quotas.watch(watched, subject: exchange.subject, request: exchange.slot),
            principal: access.principal,
            accessRequest: exchange.accessRequest
        )
    }

    private func checkHandshake(_ exchange: Exchange) throws(Refusal) {
        guard exchange.request.method == .get else {
            throw Refusal(
                Problems.methodNotAllowed(exchange.request.method.rawValue, allow: "GET"),
                [.allow: exchange.route.allow]
            )
        }
        // The field may be missing: a server may remove `Connection` after it has used the field to detect the upgrade.
        guard exchange[.connection].map({ FieldList.lists("upgrade", in: $0) }) ?? true else {
            throw Refusal(Problems.invalidUpgrade("Connection must name Upgrade."))
        }
        guard exchange[.secWebSocketVersion].hasBytes(of: "13") else {
            throw Refusal(Problems.webSocketVersion, [.secWebSocketVersion: "13"])
        }
        guard let key = exchange[.secWebSocketKey], Base64.isKey(key) else {
            throw Refusal(Problems.invalidUpgrade("Sec-WebSocket-Key must be 16 bytes in base64."))
        }
        guard FieldList.distinctTokens(exchange[.secWebSocketProtocol]) != nil else {
            throw Refusal(Problems.invalidUpgrade("Sec-WebSocket-Protocol must list different tokens."))
        }
        guard FieldList.extensions(exchange[.secWebSocketExtensions]) != nil else {
            throw Refusal(Problems.invalidUpgrade("Sec-WebSocket-Extensions must list extensions."))
        }
        guard exchange[.transferEncoding] == nil, Self.isNothing(exchange[.contentLength]) else {
            throw Refusal(Problems.invalidUpgrade("A WebSocket handshake has no body."))
        }
    }

    private static func isNothing(_ length: String?) -> Bool { length == nil || length.hasBytes(of: "0") }
}
