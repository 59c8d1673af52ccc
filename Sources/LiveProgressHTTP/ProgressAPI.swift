// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
public import LiveProgress
import Synchronization

/// The whole HTTP API of a progress service as functions: a request in, a response or a stream out.
///
/// It knows no server framework and no sockets; an adapter collects the body, calls ``respond(to:body:from:)``, and writes
/// what it gets. For a request to upgrade to WebSocket it calls ``watch(_:from:)`` and runs what was accepted, or writes
/// the refusal.
///
/// ```swift
/// let api = ProgressAPI(service: ProgressService())
/// let response = await api.respond(to: HTTPRequest(method: .get, scheme: nil, authority: nil, path: path), body: [])
/// ```
///
/// Copies share their state: the keys of repeated requests, and whether the API is going away.
public struct ProgressAPI: Sendable {
    /// The service whose operations are shown.
    public let service: ProgressService
    /// Limits and hooks.
    public let configuration: Configuration
    let policy: OriginPolicy
    let shared: SharedState

    /// What all copies share.
    final class SharedState: Sendable {
        /// The signals of open streams and long polls, woken when draining begins.
        let streams = WakeGroup()
        private let drained = Atomic(false)
        /// What creations came of which key.
        let keys: Mutex<IdempotencyKeys<Created>>
        /// What changes came of which key; apart, so that workers who report often leave creations their keys.
        let changes: Mutex<IdempotencyKeys<ChangeOutcome>>
        let quotas: Quotas
        let rates: ReportRates

        init(_ configuration: Configuration) {
            keys = Mutex(IdempotencyKeys(capacity: configuration.maximumIdempotencyKeys))
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

    /// An API over a service.
    public init(service: ProgressService, configuration: Configuration = Configuration()) {
        self.service = service
        self.configuration = configuration
        policy = OriginPolicy(configuration.origins, configuration.hosts)
        shared = SharedState(configuration)
    }

    /// Whether a path belongs to this API, so that ``respond(to:body:from:)`` or ``watch(_:from:)`` should answer it.
    public func handles(path: String) -> Bool {
        Route(path: RequestTarget(path).path, under: configuration.path) != nil
    }

    /// Answers a request; never throws, every mistake becomes a problem (RFC 9457).
    ///
    /// A long poll returns when there is something new, when its time is up, when the API is drained, or when the task
    /// is cancelled.
    ///
    /// - Parameters:
    ///   - request: The request's head; its path is the whole path with the query.
    ///   - body: The whole body, empty where there is none.
    ///   - caller: Where the request comes from.
    /// - Returns: The answer; where it streams, nothing is watched until the stream is read.
    public func respond(
        to request: HTTPRequest,
        body: [UInt8],
        from caller: ProgressCaller = ProgressCaller()
    ) async -> ProgressResponse {
        let (request, caller) = configuration.trustedProxies.origin(of: request, from: caller)
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

    /// The answer to a request whose body is larger than ``ProgressLimits/maximumBodySize``.
    ///
    /// An adapter stops reading at the limit and gives this answer, then closes the connection.
    public func bodyTooLarge() -> ProgressResponse {
        configuration.limitRefusals.count(.bodySize)
        return ProgressResponse(problem: Problems.bodyTooLarge(limit: configuration.limits.maximumBodySize))
    }

    /// Begins to go away: streams end, long polls are answered at once with what is there, and new streams and upgrades
    /// are told to come back later; everything else goes on being answered.
    ///
    /// WebSockets that were accepted are not this type's to close.
    public func drain() {
        shared.drain()
    }

    /// How many streams and long polls are open.
    public var streamCount: Int { shared.streams.count }

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
        var exchange = try Exchange(request, body: body, caller: caller, target: target, route: route)
        exchange.slot = try slot(for: caller)
        defer { withExtendedLifetime(exchange.slot) {} }
        guard body.count <= configuration.limits.maximumBodySize else {
            throw Refusal(.bodySize, Problems.bodyTooLarge(limit: configuration.limits.maximumBodySize))
        }
        // What resources take is the same for everyone, and asked for by browsers before they send credentials.
        if request.method == .options { return options(exchange) }
        do throws(Refusal) {
            exchange.access = try await access(of: exchange)
        } catch {
            guard let page = page(inPlaceOf: error, exchange) else { throw error }
            return page
        }
        if !exchange.target.query.isEmpty, !asksForPage(exchange) { try exchange.readParameters() }
        switch (exchange.route, request.method) {
        case (.collection, .post): return try create(exchange)
        case (.collection, _): return try list(exchange)
        case (.operation(let id), .get), (.operation(let id), .head): return try await read(id, exchange)
        case (.operation(let id), _), (.cancel(let id), _): return try await once(exchange, on: id, change)
        }
    }

    private func change(_ exchange: Exchange) async throws(Refusal) -> ProgressResponse {
        switch (exchange.route, exchange.request.method) {
        case (.operation(let id), .put): return try put(id, exchange)
        case (.operation(let id), .delete): return try delete(id, exchange)
        case (.operation(let id), _): return try await patch(id, exchange)
        case (.cancel(let id), _): return try cancel(id, exchange)
        case (.collection, _): return try create(exchange)
        }
    }

    /// Says when to come back wherever coming back is of use.
    func addingAdvice(to refusal: Refusal) -> Refusal {
        var refusal = refusal
        if [429, 503].contains(refusal.problem.status), refusal.fields[.retryAfter] == nil {
            refusal.fields[.retryAfter] = String(max(1, configuration.reconnectDelay.wholeSeconds))
        }
        return refusal
    }
}
