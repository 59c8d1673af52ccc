// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes

/// Whether a request to a route beside the API's own may pass.
public enum ProgressAdmission: Sendable {
    /// It may; who asks is `nil` where nobody is asked who they are.
    case admitted(ProgressPrincipal?)
    /// It may not, and this is the answer.
    case refused(ProgressResponse)
}

extension ProgressAPI {
    /// Asks for a route beside the API's own what is asked for the API's: host and origin, and who it is.
    ///
    /// - Parameters:
    ///   - request: The request's head.
    ///   - caller: Where it comes from.
    ///   - permission: What must be allowed with everything; `nil` where good credentials are enough.
    /// - Returns: Whether it may pass.
    public func admission(
        of request: HTTPRequest,
        from caller: ProgressCaller,
        requiring permission: ProgressPermission? = nil
    ) async -> ProgressAdmission {
        do throws(Refusal) {
            let (request, caller) = configuration.trustedProxies.origin(of: request, from: caller)
            if let problem = policy.refusal(of: request, from: caller) { throw Refusal(problem) }
            guard let authorizer = configuration.authorizer else { return .admitted(nil) }
            let asked = ProgressAccessRequest(head: request, caller: caller)
            let access = try access(await authorizer.authorize(asked).resolved())
            if let permission, access.principal?.mayWithEverything(permission) != true { throw .forbidden(permission) }
            return .admitted(access.principal)
        } catch {
            var response = ProgressResponse(error)
            response.sealFields()
            return .refused(response)
        }
    }

    /// Checks a request to a route beside the API's own that takes no parameters but credentials, and has nothing to say
    /// in its body.
    ///
    /// - Parameters:
    ///   - request: The request's head.
    ///   - body: The whole body.
    /// - Returns: What to answer where the request says something or is malformed; `nil` where it may go on.
    public func inputRefusal(of request: HTTPRequest, body: [UInt8]) -> ProgressResponse? {
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
