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
        let (request, caller) = configuration.trustedProxies.client(of: request, from: caller)
        do throws(Refusal) {
            if let problem = policy.refusal(of: request, from: caller) { throw Refusal(problem) }
            var call = try APICall(request, caller: caller, target: target, route: route)
            call.slot = try slot(for: caller)
            if !isSound { try checkHandshake(call) }
            let decision = configuration.authorizer?.authorize(call.accessRequest)
            if case .later = decision { return .later { [call] in await decide(call, decision) } }
            if mustCopy(call) { return .later { [call] in await decide(call, decision) } }
            guard let decision else { return .accept(try accept(call, .unlimited)) }
            return .accept(try accept(call, permissions(decision)))
        } catch {
            return refusal(error, request, caller)
        }
    }

    /// Returns the refusal of a malformed handshake.
    package func refusal(ofHandshake detail: String) -> ProgressResponse {
        ProgressResponse(problem: Problems.invalidUpgrade(detail))
    }

    private func decide(_ call: APICall, _ decision: ProgressAuthorization?) async -> WatchDecision {
        do throws(Refusal) {
            var call = call
            let permissions =
                if let decision { try permissions(await decision.resolved()) } else { .unlimited as CallerPermissions }
            if mustCopy(call) { call.copy = try await copy(for: call) }
            return .accept(try accept(call, permissions))
        } catch {
            return refusal(error, call.request, call.caller)
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

    private func accept(_ call: APICall, _ permissions: CallerPermissions) throws(Refusal) -> WatchAcceptance {
        var call = call
        call.permissions = permissions
        try call.readParameters()
        let watched: ProgressJournal?
        let target: WatchAcceptance.Target
        switch call.route {
        case .collection:
            watched = nil
            target = .feed(try query(call))
        case .operation(let id), .cancel(let id), .answer(let id):
            let journal = try journal(id, to: .watch, permissions, copy: call.copy)
            watched = journal
            target = .operation(journal)
        }
        guard !shared.isDraining else { throw Refusal(Problems.shuttingDown) }
        let asked = FieldList.tokens(call[.secWebSocketProtocol])
        let isFull = asked.contains(ProgressFormat.subprotocol)
        return WatchAcceptance(
            target: target,
            format: isFull ? .full : .plain,
            cursor: call.cursorText,
            subprotocol: isFull ? ProgressFormat.subprotocol : nil,
            slot: try watchSlot(of: watched, call),
            principal: permissions.principal,
            accessRequest: call.accessRequest
        )
    }

    private func checkHandshake(_ call: APICall) throws(Refusal) {
        guard call.request.method == .get else {
            throw Refusal(
                Problems.methodNotAllowed(call.request.method.rawValue, allow: "GET"),
                [.allow: call.route.allow]
            )
        }
        // The field may be missing: a server may remove `Connection` after it has used the field to detect the upgrade.
        guard call[.connection].map({ FieldList.lists("upgrade", in: $0) }) ?? true else {
            throw Refusal(Problems.invalidUpgrade("Connection must name Upgrade."))
        }
        guard call[.secWebSocketVersion].hasBytes(of: "13") else {
            // RFC 9110 section 15.5.22 requires `Upgrade` in a 426.
            throw Refusal(Problems.webSocketVersion, [.secWebSocketVersion: "13", .upgrade: "websocket"])
        }
        guard let key = call[.secWebSocketKey], Base64.isKey(key) else {
            throw Refusal(Problems.invalidUpgrade("Sec-WebSocket-Key must be 16 bytes in base64."))
        }
        guard FieldList.distinctTokens(call[.secWebSocketProtocol]) != nil else {
            throw Refusal(Problems.invalidUpgrade("Sec-WebSocket-Protocol must list different tokens."))
        }
        guard FieldList.extensions(call[.secWebSocketExtensions]) != nil else {
            throw Refusal(Problems.invalidUpgrade("Sec-WebSocket-Extensions must list extensions."))
        }
        guard call[.transferEncoding] == nil, Self.isNothing(call[.contentLength]) else {
            throw Refusal(Problems.invalidUpgrade("A WebSocket handshake has no body."))
        }
    }

    private static func isNothing(_ length: String?) -> Bool { length == nil || length.hasBytes(of: "0") }
}
