// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire

/// A request, taken apart as far as every handler needs it.
struct Exchange {
    let request: HTTPRequest
    let body: [UInt8]
    let caller: ProgressCaller
    let target: RequestTarget
    let route: Route
    /// What may be done; nothing is checked before it is known.
    var access = Access.unlimited
    /// The parameters of the query; none before ``ProgressAPI`` has read them.
    var parameters = QueryParameters()
    /// How many lines of the batch were applied when the request came before.
    var appliedLines = 0
    /// The slot of a request that has come through a proxy, held until it is answered, and as long as it watches.
    var slot: QuotaSlot?

    /// Checks the method.
    init(
        _ request: HTTPRequest,
        body: [UInt8] = [],
        caller: ProgressCaller,
        target: RequestTarget,
        route: Route
    ) throws(Refusal) {
        guard route.methods.contains(request.method) else {
            throw Refusal(
                Problems.methodNotAllowed(request.method.rawValue, allow: route.allow),
                [.allow: route.allow]
            )
        }
        self.request = request
        self.body = body
        self.caller = caller
        self.target = target
        self.route = route
    }

    /// Whose limits count: who the client has shown itself to be, where somebody has asked.
    var subject: String? { access.principal?.subject ?? caller.subject }

    /// A header field's value, the lines of a repeated one joined by commas.
    subscript(name: HTTPField.Name) -> String? { request.headerFields[name] }

    /// What the client would prefer.
    var preferences: Preferences { Preferences(self[.prefer]) }

    /// An operation as a relative reference (RFC 3986 section 4.2), which is right behind every prefix that a proxy takes away.
    ///
    /// The client resolves it against the URL that it sent the request to, by the last slash of its path.
    func reference(to id: ProgressID) -> String {
        let segments = target.path.split(separator: "/", omittingEmptySubsequences: false)
        switch (route, segments.last) {
        case (.collection, ""): return "./\(id)"
        case (.collection, let name?): return "\(name)/\(id)"
        case (_, ""): return "../\(id)"
        default: return "./\(id)"
        }
    }

    /// Reads the parameters that the request knows.
    mutating func readParameters() throws(Refusal) {
        guard !target.query.isEmpty else { return }
        parameters = try QueryParameters(target, known: route.parameters(for: request.method))
    }

    /// The condition of `If-Match` or `If-None-Match`, or `nil` where the field is absent.
    func condition(_ name: HTTPField.Name) throws(Refusal) -> TagCondition? {
        guard let text = self[name] else { return nil }
        guard let condition = TagCondition(text) else { throw Refusal(Problems.malformedTag(name.rawName)) }
        return condition
    }

    /// The media type that suits the client best; the first of the offers counts where it has no wish.
    func mediaType(of offers: [MediaType]) throws(Refusal) -> MediaType {
        guard let best = Accept(self[.accept]).best(of: offers) else { throw Refusal(Problems.notAcceptable(offers)) }
        return best
    }

    /// Where the watcher left off: what an `EventSource` brings back goes before what stands in its unchanging URL.
    ///
    /// - Returns: The text as it came, or `nil` where there is none.
    var cursorText: String? {
        if let text = self[.lastEventID], !text.isEmpty { return text }
        return parameters[ProgressRoutes.cursorParameter]
    }
}

extension ProgressAPI {
    /// A slot for a request by the address that a trusted proxy tells; a proxy's own stands for clients that nobody knows.
    func slot(for caller: ProgressCaller) throws(Refusal) -> QuotaSlot? {
        guard caller.isForwarded, let address = caller.address,
            !configuration.trustedProxies.contains(address: address)
        else { return nil }
        return try shared.quotas.ask(for: AddressGroup(address))
    }

    /// The methods that a resource takes, and the types of bodies.
    func options(_ exchange: Exchange) -> ProgressResponse {
        var fields: HTTPFields = [.allow: exchange.route.allow]
        switch exchange.route {
        case .collection: fields[.acceptPost] = BodyReader.acceptPost
        case .operation: fields[.acceptPatch] = BodyReader.acceptPatch
        case .cancel: break
        }
        return ProgressResponse(.noContent, fields)
    }

    /// The journal of an operation with which something is to be done.
    ///
    /// An identifier that cannot be, and one that may not be known of, are as unknown as any other (invariant 12).
    func journal(
        _ id: ProgressID?,
        to permission: ProgressPermission,
        _ access: Access
    ) throws(Refusal) -> ProgressJournal {
        guard let id else { throw Refusal(Problems.unknown) }
        let journal: ProgressJournal
        do throws(ProgressError) {
            journal = try service.getJournal(id)
        } catch {
            throw access.sees(id, labels: [:]) ? Refusal(error) : Refusal(Problems.unknown)
        }
        try access.require(permission, on: journal)
        return journal
    }

    /// The journal of an operation that may be known of, or `nil` where there is none and could be one.
    func present(_ id: ProgressID, _ access: Access) throws(Refusal) -> ProgressJournal? {
        do throws(ProgressError) {
            let journal = try service.getJournal(id)
            return access.sees(id, labels: journal.labels) ? journal : nil
        } catch {
            guard error.code == .unknown || !access.sees(id, labels: [:]) else { throw Refusal(error) }
            return nil
        }
    }
}
