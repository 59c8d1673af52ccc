// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
import LiveProgressGrammar

extension ProgressAPI {
    /// Judges a request to a route beside the API's own by its host and origin, as the API judges its own.
    ///
    /// No answer lets a page use what its visitor's browser is trusted with (`Access-Control-Allow-Credentials`): a page of
    /// another site that needs a token brings it.
    ///
    /// - Parameters:
    ///   - request: The request's head.
    ///   - caller: Where it comes from.
    /// - Returns: What to answer in place of the route: a refusal, or the leave that a browser asks for before it sends a
    ///   page's request. `nil` where the route shall answer.
    public func screen(_ request: HTTPRequest, from caller: ProgressCaller) -> ProgressResponse? {
        let (request, caller) = configuration.trustedProxies.origin(of: request, from: caller)
        do throws(Refusal) {
            return try screened(request, caller)
        } catch {
            return ProgressResponse(error)
        }
    }

    /// Adds the fields that keep browsers from harm to an answer of a route beside the API's own: those of ``SafeFields``
    /// that it has not, and who may read it.
    ///
    /// - Parameters:
    ///   - fields: The answer's fields.
    ///   - request: What it answers.
    ///   - caller: Where that comes from.
    public func protect(_ fields: inout HTTPFields, of request: HTTPRequest, from caller: ProgressCaller) {
        let (request, caller) = configuration.trustedProxies.origin(of: request, from: caller)
        fields.addMissing(SafeFields.all)
        protectResolved(&fields, request, caller)
    }

    /// The same for an answer of the API's own, which has the ``SafeFields``, to a request as its client made it.
    func protectResolved(_ fields: inout HTTPFields, _ request: HTTPRequest, _ caller: ProgressCaller) {
        if configuration.insistsOnTLS, caller.isSecure, SafeFields.insists(on: request.authority) {
            fields[.strictTransportSecurity] = SafeFields.strictTransportSecurity
        }
        guard policy.isOpen else { return }
        if let reader = policy.reader(of: request), fields[.accessControlAllowOrigin] == nil {
            fields[.accessControlAllowOrigin] = reader
            fields[.accessControlExposeHeaders] = "ETag, Location, Preference-Applied, Retry-After"
        }
        // Answers differ by origin, so that no cache may give one site's to another.
        if !FieldList.lists("origin", in: fields[.vary] ?? "") {
            fields[.vary] = fields[.vary].map { $0 + ", Origin" } ?? "Origin"
        }
    }

    /// What to answer in place of a handler, to a request as its client made it.
    ///
    /// - Throws: The refusal of a host or an origin.
    func screened(_ request: HTTPRequest, _ caller: ProgressCaller) throws(Refusal) -> ProgressResponse? {
        if let problem = policy.refusal(of: request, from: caller) { throw Refusal(problem) }
        guard request.method == .options, request.headerFields[.accessControlRequestMethod] != nil,
            policy.reader(of: request) != nil
        else { return nil }
        var response = ProgressResponse(
            .noContent,
            [
                .accessControlAllowMethods: "GET, HEAD, POST, PUT, PATCH, DELETE",
                .accessControlAllowHeaders:
                    "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, Prefer",
                .accessControlMaxAge: "600",
            ]
        )
        response.sealFields()
        return response
    }
}

extension HTTPFields {
    /// Adds those of other fields whose names are not among these.
    mutating func addMissing(_ fields: HTTPFields) {
        for field in fields where self[field.name] == nil { append(field) }
    }
}
