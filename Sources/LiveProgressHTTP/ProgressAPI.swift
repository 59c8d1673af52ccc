// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
public import LiveProgress
import Synchronization

/// The whole HTTP API of a progress service as functions: a request in, a response or a stream out.
///
/// The API uses no server framework and no sockets. An adapter collects the request body, calls
/// ``respond(to:body:from:)``, and writes the response. `LiveProgressNIO` hosts the WebSockets of the API.
///
/// ```swift
/// let api = ProgressAPI(service: ProgressService())
/// let response = await api.respond(to: HTTPRequest(method: .get, scheme: nil, authority: nil, path: path), body: [])
/// ```
///
/// Copies share their state: the idempotency keys, the quotas, the report rates, and whether the API drains.
public struct ProgressAPI: Sendable {
    /// The service whose operations the API serves.
    public let service: ProgressService
    /// The limits and hooks of the API.
    public let configuration: Configuration
    let policy: OriginPolicy
    let shared: SharedState

    /// The state that all copies share.
    final class SharedState: Sendable {
        /// The signals of open streams and long polls, woken when draining begins.
        let streams = WakeGroup()
        private let drained = Atomic(false)
        /// The outcomes of creations, by idempotency key.
        let keys: Mutex<IdempotencyKeys<Created>>
        /// The outcomes of changes, by key; a separate table, so that reports do not remove the keys of creations.
        let changes: Mutex<IdempotencyKeys<ChangeOutcome>>
        let quotas: Quotas
        let rates: ReportRates

        init(_ configuration: Configuration, _ service: ProgressService) {
            var keys = IdempotencyKeys<Created>(capacity: configuration.maximumIdempotencyKeys)
            for (receipt, snapshot) in service.creationReceipts {
                let created = Created(id: snapshot.id, epoch: snapshot.cursor.epoch)
                keys.restore(receipt.key, fingerprint: receipt.fingerprint, created)
            }
            self.keys = Mutex(keys)
            changes = Mutex(IdempotencyKeys(capacity: configuration.maximumIdempotencyKeys))
            quotas = Quotas(limits: configuration.limits)
            rates = ReportRates(limits: configuration.limits)
        }

        /// Whether ``ProgressAPI/drain()`` has been called.
        var isDraining: Bool { drained.load(ordering: .sequentiallyConsistent) }

        func drain() {
            drained.store(true, ordering: .sequentiallyConsistent)
            streams.wake()
        }
    }

    /// Creates an API for a service.
    public init(service: ProgressService, configuration: Configuration = Configuration()) {
        self.service = service
        self.configuration = configuration
        policy = OriginPolicy(configuration.origins, configuration.hosts)
        shared = SharedState(configuration, service)
        if let url = configuration.publicURL { setPublicURL(url) }
        configuration.nodes?.attach(self)
    }

    /// Returns whether a path belongs to this API, so that ``respond(to:body:from:)`` handles it.
    public func handles(path: String) -> Bool {
        Route(path: RequestTarget(path).path, under: configuration.path) != nil
    }

    /// Responds to a request; never throws, because every error becomes a problem response (RFC 9457).
    ///
    /// A long poll returns when a newer snapshot exists, when its time has passed, when the API drains, or when the
    /// task is cancelled.
    ///
    /// - Parameters:
    ///   - request: The request's head; its path is the whole path with the query.
    ///   - body: The whole body; empty if the request has none.
    ///   - caller: The caller of the request.
    /// - Returns: The response. A response with a stream starts to watch when its stream is first read.
    public func respond(
        to request: HTTPRequest,
        body: [UInt8],
        from caller: ProgressCaller = ProgressCaller()
    ) async -> ProgressResponse {
        let (request, caller) = configuration.trustedProxies.client(of: request, from: caller)
        var response: ProgressResponse
        do throws(Refusal) {
            response = try await answer(request, body, caller)
        } catch {
            if let limit = error.limit { configuration.limitRefusals.count(limit) }
            response = ProgressResponse(addingAdvice(to: error))
        }
        if request.method == .get || request.method == .head {
            response.head.headerFields[.vary] = "Accept"
        }
        response.sealFields()
        protectResolved(&response.head.headerFields, request, caller)
        if request.method == .head { response.body = .empty }
        return response
    }

    /// Returns the response to a request whose body is larger than ``ProgressLimits/maximumBodySize``.
    ///
    /// An adapter stops reading at the limit, sends this response, and closes the connection.
    public func bodyTooLarge() -> ProgressResponse {
        configuration.limitRefusals.count(.bodySize)
        return ProgressResponse(problem: Problems.bodyTooLarge(limit: configuration.limits.maximumBodySize))
    }

    /// Starts to drain: ends streams, answers long polls immediately, and refuses new streams and upgrades with a 503.
    ///
    /// Other requests still get responses. The API does not close accepted WebSockets; the adapter must close them.
    public func drain() {
        shared.drain()
    }

    /// The number of open streams and long polls.
    @_spi(Server) public var streamCount: Int { shared.streams.count }

    private func answer(
        _ request: HTTPRequest,
        _ body: [UInt8],
        _ caller: ProgressCaller
    ) async throws(Refusal) -> ProgressResponse {
        if let answer = try screened(request, caller) { return answer }
        let target = RequestTarget(request.path ?? "/")
        guard let route = Route(path: target.path, under: configuration.path) else {
            throw Refusal(Problems.noSuchResource(under: configuration.path))
        }
        var call = try APICall(request, body: body, caller: caller, target: target, route: route)
        call.slot = try slot(for: caller)
        defer { withExtendedLifetime(call.slot) {} }
        guard body.count <= configuration.limits.maximumBodySize else {
            throw Refusal(.bodySize, Problems.bodyTooLarge(limit: configuration.limits.maximumBodySize))
        }
        // `OPTIONS` needs no credentials: browsers send it without them, and the response is the same for every caller.
        if request.method == .options { return options(call) }
        do throws(Refusal) {
            call.permissions = try await permissions(of: call)
        } catch {
            guard let page = page(inPlaceOf: error, call) else { throw error }
            return page
        }
        if !call.target.query.isEmpty, !asksForPage(call) { try call.readParameters() }
        if let nodes = configuration.nodes { return try await handle(call, among: nodes) }
        return try await handle(call)
    }

    /// Handles a request on this node.
    func handle(_ call: APICall) async throws(Refusal) -> ProgressResponse {
        switch (call.route, call.request.method) {
        case (.collection, .get), (.collection, .head): return try list(call)
        case (.operation(let id), .get), (.operation(let id), .head): return try await read(id, call)
        case (.collection, _): return try await durably(call, create)
        case (.operation(let id), _), (.cancel(let id), _), (.answer(let id), _):
            return try await durably(call) { call throws(Refusal) in try await once(call, on: id, change) }
        }
    }

    private func change(_ call: APICall) async throws(Refusal) -> ProgressResponse {
        switch (call.route, call.request.method) {
        case (.operation(let id), .put): return try put(id, call)
        case (.operation(let id), .delete): return try delete(id, call)
        case (.operation(let id), _): return try await patch(id, call)
        case (.cancel(let id), _): return try cancel(id, call)
        case (.answer(let id), _): return try answerQuestion(of: id, call)
        case (.collection, _): return try create(call)
        }
    }

    /// Returns the refusal with `Retry-After` if its status is 429 or 503.
    func addingAdvice(to refusal: Refusal) -> Refusal {
        var refusal = refusal
        if [429, 503].contains(refusal.problem.status), refusal.fields[.retryAfter] == nil {
            refusal.fields[.retryAfter] = String(max(1, configuration.reconnectDelay.wholeSeconds))
        }
        return refusal
    }
}
