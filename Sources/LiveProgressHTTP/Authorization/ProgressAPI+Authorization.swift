// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import HTTPTypes
@_spi(Server) package import LiveProgress

extension ProgressAPI {
    /// Returns the permissions of the caller of a request.
    ///
    /// - Throws: A 401 without valid credentials.
    func permissions(of call: APICall) async throws(Refusal) -> CallerPermissions {
        guard let authorizer = configuration.authorizer else { return .unlimited }
        return try permissions(await authorizer.authorize(call.accessRequest).resolved())
    }

    /// Returns the permissions that an authorizer's decision grants.
    func permissions(_ decision: ProgressAuthorization) throws(Refusal) -> CallerPermissions {
        switch decision {
        case .granted(let principal):
            if let end = principal.expiresAt, end <= service.configuration.clock.date() {
                throw .unauthenticated("The credentials have expired.")
            }
            return CallerPermissions(principal: principal)
        case .refused(let reason): throw .unauthenticated(reason)
        case .later: throw .unauthenticated(nil)
        }
    }
}

/// The error for credentials that cannot be renewed.
package struct RenewalRefusal: Error {
    /// The problem of the new credentials.
    package let problem: ProgressProblem
}

extension ProgressAPI {
    /// Decides whether new credentials permit a running watch.
    ///
    /// - Parameters:
    ///   - acceptance: The running watch.
    ///   - decision: The authorizer's decision on the new credentials.
    /// - Returns: The new principal of the watch, or the reason why the old credentials stay in force.
    package func renewal(
        of acceptance: WatchAcceptance,
        by decision: ProgressAuthorization
    ) -> Result<ProgressPrincipal, RenewalRefusal> {
        do throws(Refusal) {
            let permissions = try permissions(decision)
            switch acceptance.target {
            case .operation(let journal): try permissions.require(.watch, on: journal)
            case .feed(let query):
                // The scopes of a list are fixed when its watch starts, so the new credentials must grant the same
                // scopes.
                guard try permissions.narrowed(query).scopes == query.scopes else { throw .forbidden(.list) }
            }
            guard let principal = permissions.principal else { throw .unauthenticated(nil) }
            return .success(principal)
        } catch {
            return .failure(RenewalRefusal(problem: error.problem))
        }
    }
}

extension APICall {
    /// The request on which an authorizer decides.
    var accessRequest: ProgressAccessRequest { ProgressAccessRequest(head: request, caller: caller) }
}
