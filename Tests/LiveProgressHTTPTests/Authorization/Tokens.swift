// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP
import LiveProgressTesting
import LiveProgressWire

/// An authorizer with a fixed table of tokens and principals.
struct KnownTokens: ProgressAuthorizer {
    var principals: [String: ProgressPrincipal] = [:]
    /// Whether the authorizer returns its decision as `.later`.
    var isSlow = false

    func authorize(_ request: ProgressAccessRequest) -> ProgressAuthorization {
        let decision = decide(request)
        return isSlow ? .later { decision } : decision
    }

    private func decide(_ request: ProgressAccessRequest) -> ProgressAuthorization {
        guard case .bearer(let token) = request.credential else { return .refused() }
        return principals[token].map { .granted($0) } ?? .refused("The token is not known.")
    }

    func tokens(for snapshot: ProgressSnapshot, createdBy principal: ProgressPrincipal) -> ProgressTokens? {
        ProgressTokens(report: "report-\(snapshot.id)", watch: "watch-\(snapshot.id)")
    }
}

/// The test tokens; each token's name describes its grants.
enum Tokens {
    static let a = ProgressID("a")
    static let red = ["team": "red"]

    static let all: [String: ProgressPrincipal] = [
        "admin": .init(grants: [.init([.admin], for: .everything)]),
        "watch-a": .init(grants: [.init([.watch], for: .operation(a))]),
        "report-a": .init(grants: [.init([.report], for: .operation(a))]),
        "cancel-a": .init(grants: [.init([.cancel], for: .operation(a))]),
        "delete-a": .init(grants: [.init([.delete], for: .operation(a))]),
        "create-any": .init(grants: [.init([.create], for: .everything)]),
        "create-red": .init(grants: [.init([.create, .report], for: .labels(red))]),
        "list-red": .init(grants: [.init([.list], for: .labels(red))]),
        "watch-red": .init(grants: [.init([.watch], for: .labels(red))]),
        "watch-all": .init(grants: [.init([.watch, .list], for: .everything)]),
        "nothing": .init(grants: []),
    ]
}

extension Fixture {
    /// Returns an API that requires tokens, with an operation `a` of `team=red` and an operation `b` of `team=blue`.
    static func guarded(
        isSlow: Bool = false,
        _ configure: (inout ProgressAPI.Configuration) -> Void = { _ in }
    ) throws -> Fixture {
        let fixture = Fixture { configuration in
            configuration.authorizer = KnownTokens(principals: Tokens.all, isSlow: isSlow)
            configure(&configuration)
        }
        for (id, team) in [("a", "red"), ("b", "blue")] {
            let options = ProgressOptions(labels: ["team": team], isCancellable: true)
            _ = try fixture.service.createJournal(id: ProgressID(id), options: options)
        }
        return fixture
    }

    /// Sends a request with a token, and with a JSON body if the body is not empty.
    func send(
        as token: String?,
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String = "",
        _ fields: HTTPFields = [:]
    ) async -> Answer {
        var fields = fields
        if let token { fields[.authorization] = "Bearer \(token)" }
        return body.isEmpty ? await send(method, path, fields) : await json(method, path, body, fields)
    }
}
