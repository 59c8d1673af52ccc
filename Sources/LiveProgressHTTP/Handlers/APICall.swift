// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressWire

/// A request with its body, caller, target and route.
struct APICall {
    let request: HTTPRequest
    let body: [UInt8]
    let caller: ProgressCaller
    let target: RequestTarget
    let route: Route
    /// The permissions of the caller; set before any handler runs.
    var permissions = CallerPermissions.unlimited
    /// The query parameters; empty until `readParameters()` has run.
    var parameters = QueryParameters()
    /// The number of batch lines that an earlier request with the same key applied.
    var appliedLines = 0
    /// The receipt of a request with an idempotency key, which the journal keeps with the change.
    var receipt: StoredOperation.Receipt?
    /// The copy of an operation that another node has, for a request that reads it.
    var copy: ProgressJournal?
    /// The identifier for an operation that the request creates; `nil` if the request names it.
    var newID: ProgressID?
    /// The quota slot of a request from a proxy, held until the response or the watch ends.
    var slot: QuotaSlot?

    /// Creates a call; throws a 405 if the route does not allow the method.
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

    /// The subject whose limits apply; `nil` if the client is not authenticated.
    var subject: String? { permissions.principal?.subject ?? caller.subject }

    /// The value of a header field; the values of a repeated field are joined by commas.
    subscript(name: HTTPField.Name) -> String? { request.headerFields[name] }

    /// The client's preferences.
    var preferences: Preferences { Preferences(self[.prefer]) }

    /// Returns a relative reference to an operation (RFC 3986 section 4.2), valid behind any path prefix of a proxy.
    ///
    /// The client resolves the reference against the URL of its request, from the last slash of the path.
    func reference(to id: ProgressID) -> String {
        let segments = target.path.split(separator: "/", omittingEmptySubsequences: false)
        switch (route, segments.last) {
        case (.collection, ""): return "./\(id)"
        case (.collection, let name?): return "\(name)/\(id)"
        case (_, ""): return "../\(id)"
        default: return "./\(id)"
        }
    }

    /// Parses the query parameters that the route accepts.
    mutating func readParameters() throws(Refusal) {
        guard !target.query.isEmpty else { return }
        parameters = try QueryParameters(target, known: route.parameters(for: request.method))
    }

    /// Returns the condition of `If-Match` or `If-None-Match`, or `nil` if the field is absent.
    func condition(_ name: HTTPField.Name) throws(Refusal) -> TagCondition? {
        guard let text = self[name] else { return nil }
        guard let condition = TagCondition(text) else { throw Refusal(Problems.malformedTag(name.rawName)) }
        return condition
    }

    /// Returns the media type that the client prefers; the first offer if the client has no preference.
    func mediaType(of offers: [MediaType]) throws(Refusal) -> MediaType {
        guard let best = Accept(self[.accept]).best(of: offers) else { throw Refusal(Problems.notAcceptable(offers)) }
        return best
    }

    /// The cursor at which the watcher resumes, as sent; `nil` if the request has no cursor.
    ///
    /// `Last-Event-ID` takes precedence over the query, because an `EventSource` reconnects with an unchanged URL.
    var cursorText: String? {
        if let text = self[.lastEventID], !text.isEmpty { return text }
        return parameters[ProgressRoutes.cursorParameter]
    }

    /// The revisions that the client has, as it says: the cursor at which it resumes, and those of `If-None-Match`.
    var knownCursors: [ProgressCursor] {
        var call = self
        // A faulty query is refused later, after the authorization.
        try? call.readParameters()
        var texts = [call.cursorText].compactMap(\.self)
        if case .tags(let tags)? = try? condition(.ifNoneMatch) { texts += tags.map(\.value) }
        return texts.compactMap { ProgressCursor($0) }
    }
}

extension ProgressAPI {
    /// Returns a quota slot for the client address that a trusted proxy reports, or `nil` if none applies.
    ///
    /// The address of a trusted proxy gets no slot, because this address stands for unknown clients.
    func slot(for caller: ProgressCaller) throws(Refusal) -> QuotaSlot? {
        guard caller.isForwarded, let address = caller.address,
            !configuration.trustedProxies.contains(address: address)
        else { return nil }
        return try shared.quotas.ask(for: AddressGroup(address))
    }

    /// Returns the response to `OPTIONS`: the methods and the body types that a resource accepts.
    func options(_ call: APICall) -> ProgressResponse {
        var fields: HTTPFields = [.allow: call.route.allow]
        switch call.route {
        case .collection: fields[.acceptPost] = BodyReader.acceptPost
        case .operation: fields[.acceptPatch] = BodyReader.acceptPatch
        case .answer: fields[.acceptPost] = BodyReader.acceptPost
        case .cancel: break
        }
        return ProgressResponse(.noContent, fields)
    }

    /// Returns the journal of an operation for which the caller has a permission.
    ///
    /// An invalid identifier and an operation that the caller may not see give the 404 of an unknown operation
    /// (invariant 12).
    func journal(
        _ id: ProgressID?,
        to permission: ProgressPermission,
        _ permissions: CallerPermissions,
        copy: ProgressJournal? = nil
    ) throws(Refusal) -> ProgressJournal {
        guard let id else { throw Refusal(Problems.unknown) }
        let journal: ProgressJournal
        do throws(ProgressError) {
            journal = if let copy { copy } else { try service.getJournal(id) }
        } catch {
            throw permissions.sees(absent: id) ? Refusal(error) : Refusal(Problems.unknown)
        }
        try permissions.require(permission, on: journal)
        return journal
    }

    /// Returns the journal of an operation that the caller may see; `nil` if the operation does not exist or is hidden.
    func present(_ id: ProgressID, _ permissions: CallerPermissions) throws(Refusal) -> ProgressJournal? {
        do throws(ProgressError) {
            let journal = try service.getJournal(id)
            return permissions.sees(journal) ? journal : nil
        } catch {
            guard error.code == .unknown || !permissions.sees(absent: id) else { throw Refusal(error) }
            return nil
        }
    }
}
