// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import HTTPTypes
@_spi(Server) package import LiveProgress

extension ProgressAPI {
    /// Returns the permissions of the caller of a request.
    ///
    /// - Throws: A 401 without valid credentials.
    func access(of exchange: Exchange) async throws(Refusal) -> Access {
        guard let authorizer = configuration.authorizer else { return .unlimited }
        return try access(await authorizer.authorize(exchange.accessRequest).resolved())
    }

    /// Returns the permissions that an authorizer's decision grants.
    func access(_ decision: ProgressAuthorization) throws(Refusal) -> Access {
        switch decision {
        case .granted(let principal):
            if let end = principal.expiresAt, end <= service.configuration.clock.date() {
                throw .unauthenticated("The credentials have expired.")
            }
            return Access(principal: principal)
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
            let access = try access(decision)
            switch acceptance.target {
            case .operation(let journal): try access.require(.watch, on: journal)
            case .feed(let query):
                // The scopes of a list are fixed when its watch starts, so the new credentials must grant the same
                // scopes.
                guard try access.narrowed(query).scopes == query.scopes else { throw .forbidden(.list) }
            }
            guard let principal = access.principal else { throw .unauthenticated(nil) }
            return .success(principal)
        } catch {
            return .failure(RenewalRefusal(problem: error.problem))
        }
    }
}

extension Exchange {
    /// The request on which an authorizer decides.
    var accessRequest: ProgressAccessRequest { ProgressAccessRequest(head: request, caller: caller) }
}
