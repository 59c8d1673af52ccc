// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import Dispatch
internal import FoundationEssentials
internal import FuzzSupport
internal import HTTPTypes
@_spi(Server) internal import LiveProgressHTTP

@testable internal import LiveProgress
@testable internal import LiveProgressServer

/// Sends requests with a token, and checks that the server allows exactly what the token grants (invariant 12).
struct AccessJudge {
    private static let clock = ProgressClock(
        now: { .zero },
        date: { Date(timeIntervalSince1970: Keys.now) },
        sleep: { _ in throw CancellationError() }
    )
    private static let red = ["team": "red"]
    /// The existing operations, and their labels.
    private static let operations = ["a": red, "b": [:]]

    let keys: Keys
    let token: String

    /// Checks the decision about the token, and what the token grants.
    /// - Parameters:
    ///   - principal: The bearer of the token; `nil` if the token must be refused.
    ///   - refusal: The reason for the refusal.
    func check(_ principal: ProgressPrincipal?, _ refusal: TokenError?) {
        let isDone = DispatchSemaphore(value: 0)
        Task.detached {
            await judge(principal, refusal)
            isDone.signal()
        }
        isDone.wait()
    }

    private func judge(_ principal: ProgressPrincipal?, _ refusal: TokenError?) async {
        var configuration = AuthorizationConfiguration()
        configuration.issuer = Keys.issuer
        configuration.audience = Keys.audience
        let authorizer = TokenAuthorizer(configuration, clock: Self.clock)
        checkDecision(of: authorizer, nil, .badSignature)
        authorizer.use(keys.all)
        // The second decision uses the cache if the first one granted access.
        for _ in 0..<2 { checkDecision(of: authorizer, principal, refusal) }
        let api = api(authorizer)
        if let principal, let grant = principal.grants.first {
            await checkRequests(to: api, as: grant)
            checkTicket(of: authorizer, for: principal)
            authorizer.use(TokenKeys(own: [], foreign: []))
            checkDecision(of: authorizer, nil, .badSignature)
        } else {
            let (a, none) = (await answer(api, .get, "/a"), await answer(api, .get, "/none"))
            expectEqual(a.head.status.code, 401, "the status without credentials")
            expectEqual(a.head, none.head, "refused for what is there, and for what is not")
        }
    }

    private func checkDecision(
        of authorizer: TokenAuthorizer,
        _ principal: ProgressPrincipal?,
        _ refusal: TokenError?
    ) {
        let head = HTTPRequest(method: .get, scheme: nil, authority: nil, path: "/")
        switch authorizer.authorize(ProgressAccessRequest(head: head, renewal: token)) {
        case .granted(let granted): expectEqual(granted, principal, "granted")
        case .refused(let reason):
            expect(principal == nil, "refused: \(reason ?? "")")
            // Without keys, a malformed token is still reported as malformed.
            let isExpected = reason == refusal?.reason || reason == TokenError.malformed.reason
            expect(isExpected, "refused with \(reason ?? ""), not \(refusal?.reason ?? "")")
        case .later: fail("decides later")
        }
    }

    /// Checks that a ticket grants what its owner may do, and only once.
    private func checkTicket(of authorizer: TokenAuthorizer, for principal: ProgressPrincipal) {
        let path = "/?ticket=" + authorizer.ticket(for: principal)
        let request = ProgressAccessRequest(head: HTTPRequest(method: .get, scheme: nil, authority: nil, path: path))
        guard case .granted(principal) = authorizer.authorize(request) else { fail("refuses its own ticket") }
        guard case .refused = authorizer.authorize(request) else { fail("takes a ticket twice") }
    }

    private func api(_ authorizer: TokenAuthorizer) -> ProgressAPI {
        var configuration = ProgressService.Configuration()
        configuration.clock = Self.clock
        configuration.makeEpoch = { "e" }
        let service = ProgressService(configuration: configuration)
        for (id, labels) in Self.operations {
            do {
                let options = ProgressOptions(labels: labels, isCancellable: true)
                _ = try service.createJournal(id: ProgressID(id), options: options)
            } catch {
                fail("the operation \(id) cannot be created: \(error)")
            }
        }
        var limits = ProgressAPI.Configuration()
        limits.maximumWait = .zero
        limits.authorizer = authorizer
        return ProgressAPI(service: service, configuration: limits)
    }

    private func answer(
        _ api: ProgressAPI,
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String = ""
    ) async -> ProgressResponse {
        var request = HTTPRequest(
            method: method,
            scheme: "http",
            authority: "localhost",
            path: "/api/v1/progress" + path
        )
        request.headerFields[.authorization] = "Bearer \(token)"
        if !body.isEmpty { request.headerFields[.contentType] = "application/json" }
        return await api.respond(to: request, body: Array(body.utf8))
    }

    private func checkRequests(to api: ProgressAPI, as grant: ProgressGrant) async {
        for (id, labels) in Self.operations.sorted(by: { $0.key < $1.key }) {
            let (requests, covers) = (Self.requests, Self.covers(grant.scope, id, labels))
            let sees = covers && grant.permissions.contains { $0 != .create }
            for (method, suffix, body, verb, status) in requests {
                let answer = await answer(api, method, "/" + id + suffix, body)
                let expected = covers && Self.allows(grant, verb) ? status : sees ? 403 : 404
                expectEqual(answer.head.status.code, expected, "\(method) \(id)\(suffix) with \(grant)")
                guard expected == 404 else { continue }
                let none = await self.answer(api, method, "/none" + suffix, body)
                expectEqual(answer.head, none.head, "what may not be seen, and what is not there")
            }
        }
        let list = await answer(api, .get, "").head.status.code
        expectEqual(list, Self.allows(grant, .list) ? 200 : 403, "the list with \(grant)")
        let created = await answer(api, .post, "", #"{"labels":{"team":"red"}}"#).head.status.code
        let mayCreate =
            switch grant.scope {
            case .everything: true
            case .operation, .run: false
            case .labels(let labels): labels == Self.red
            }
        expectEqual(created, mayCreate && Self.allows(grant, .create) ? 201 : 403, "a creation with \(grant)")
    }

    private typealias Request = (HTTPRequest.Method, String, String, ProgressPermission, Int)

    /// The requests for each operation; the last one deletes the operation.
    private static let requests: [Request] = [
        (.get, "", "", .watch, 200), (.patch, "", #"{"state":"S"}"#, .report, 200),
        (.post, "/cancel", "", .cancel, 202), (.delete, "", "", .delete, 204),
    ]

    private static func allows(_ grant: ProgressGrant, _ verb: ProgressPermission) -> Bool {
        !grant.permissions.isDisjoint(with: [verb, .admin])
    }

    private static func covers(_ scope: ProgressScope, _ id: String, _ labels: [String: String]) -> Bool {
        switch scope {
        case .everything: true
        case .operation(let only): only.rawValue == id
        case .labels(let wanted): !wanted.isEmpty && wanted.allSatisfy { labels[$0.key] == $0.value }
        case .run(let only, let epoch, let wanted):
            only.rawValue == id && epoch == "e" && wanted.allSatisfy { labels[$0.key] == $0.value }
        }
    }
}
