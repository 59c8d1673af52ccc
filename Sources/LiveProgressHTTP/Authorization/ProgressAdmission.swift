// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes

/// The decision on a request to a route outside the API.
public enum ProgressAdmission: Sendable {
    /// The request may pass; the principal is `nil` without an authorizer.
    case admitted(ProgressPrincipal?)
    /// The request is refused with this response.
    case refused(ProgressResponse)
}

extension ProgressAPI {
    /// Checks the host, the origin and the credentials of a request to a route outside the API.
    ///
    /// - Parameters:
    ///   - request: The request's head.
    ///   - caller: The caller of the request.
    ///   - permission: The permission that the caller must have for all operations; `nil` if any valid credentials are
    ///     enough.
    /// - Returns: The decision.
    public func admission(
        of request: HTTPRequest,
        from caller: ProgressCaller,
        requiring permission: ProgressPermission? = nil
    ) async -> ProgressAdmission {
        do throws(Refusal) {
            let (request, caller) = configuration.trustedProxies.client(of: request, from: caller)
            if let problem = policy.refusal(of: request, from: caller) { throw Refusal(problem) }
            guard let authorizer = configuration.authorizer else { return .admitted(nil) }
            let asked = ProgressAccessRequest(head: request, caller: caller)
            let permissions = try permissions(await authorizer.authorize(asked).resolved())
            if let permission, permissions.principal?.mayWithEverything(permission) != true {
                throw .forbidden(permission)
            }
            return .admitted(permissions.principal)
        } catch {
            var response = ProgressResponse(error)
            response.sealFields()
            return .refused(response)
        }
    }

    /// Checks that a request outside the API has no body content, and no query parameters except credentials.
    ///
    /// - Parameters:
    ///   - request: The request's head.
    ///   - body: The whole body.
    /// - Returns: The refusal of a request with input or with malformed syntax; `nil` if the request may pass.
    @_spi(Server) public func inputRefusal(of request: HTTPRequest, body: [UInt8]) -> ProgressResponse? {
        do throws(Refusal) {
            _ = try QueryParameters(RequestTarget(request.path ?? "/"), known: [])
            try BodyReader(body, of: request, allowing: BodyReader.creation).requireNothing()
            return nil
        } catch {
            var response = ProgressResponse(error)
            response.sealFields()
            return response
        }
    }
}
