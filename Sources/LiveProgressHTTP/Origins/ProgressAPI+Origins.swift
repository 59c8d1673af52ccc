// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
import LiveProgressGrammar

extension ProgressAPI {
    /// Checks the host and the origin of a request to a route outside the API, as for a request to the API.
    ///
    /// No response has `Access-Control-Allow-Credentials`, so a page of another site cannot use the cookies of its
    /// visitor. Such a page must send a token.
    ///
    /// - Parameters:
    ///   - request: The request's head.
    ///   - caller: The caller of the request.
    /// - Returns: The response to send in place of the route's response: a refusal, or the response to a CORS preflight
    ///   request. `nil` if the route must respond.
    @_spi(Server) public func screen(_ request: HTTPRequest, from caller: ProgressCaller) -> ProgressResponse? {
        let (request, caller) = configuration.trustedProxies.client(of: request, from: caller)
        do throws(Refusal) {
            return try screened(request, caller)
        } catch {
            return ProgressResponse(error)
        }
    }

    /// Adds the missing ``SafeFields`` and the CORS fields to a response of a route outside the API.
    ///
    /// - Parameters:
    ///   - fields: The header fields of the response.
    ///   - request: The request that the response is for.
    ///   - caller: The caller of the request.
    @_spi(Server) public func protect(_ fields: inout HTTPFields, of request: HTTPRequest, from caller: ProgressCaller)
    {
        let (request, caller) = configuration.trustedProxies.client(of: request, from: caller)
        fields.addMissing(SafeFields.all)
        protectResolved(&fields, request, caller)
    }

    /// Adds the TLS and CORS fields to a response; `request` and `caller` come from `TrustedProxies.client(of:from:)`.
    func protectResolved(_ fields: inout HTTPFields, _ request: HTTPRequest, _ caller: ProgressCaller) {
        if configuration.insistsOnTLS, caller.isSecure, SafeFields.insists(on: request.authority) {
            fields[.strictTransportSecurity] = SafeFields.strictTransportSecurity
        }
        guard policy.isOpen else { return }
        if let reader = policy.reader(of: request), fields[.accessControlAllowOrigin] == nil {
            fields[.accessControlAllowOrigin] = reader
            fields[.accessControlExposeHeaders] = "ETag, Location, Preference-Applied, Retry-After"
        }
        // Responses differ by origin, so a cache must not give one site the response for another site.
        if !FieldList.lists("origin", in: fields[.vary] ?? "") {
            fields[.vary] = fields[.vary].map { $0 + ", Origin" } ?? "Origin"
        }
    }

    /// Returns the response to send in place of a handler's response, or `nil` to run the handler.
    ///
    /// The arguments `request` and `caller` come from `TrustedProxies.client(of:from:)`.
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
    /// Adds the fields whose names are not present yet.
    mutating func addMissing(_ fields: HTTPFields) {
        for field in fields where self[field.name] == nil { append(field) }
    }
}
