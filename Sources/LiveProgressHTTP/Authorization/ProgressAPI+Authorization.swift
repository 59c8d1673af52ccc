// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import HTTPTypes
package import LiveProgress

extension ProgressAPI {
    /// What the one who makes the request may do.
    ///
    /// - Throws: A 401 where they do not show who they are.
    func access(of exchange: Exchange) async throws(Refusal) -> Access {
        guard let authorizer = configuration.authorizer else { return .unlimited }
        return try access(await authorizer.authorize(exchange.accessRequest).resolved())
    }

    /// What a decision lets somebody do.
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

/// Why credentials cannot be renewed.
package struct RenewalRefusal: Error {
    /// What is wrong with the new ones.
    package let problem: ProgressProblem
}

extension ProgressAPI {
    /// Whether new credentials allow what is being watched.
    ///
    /// - Parameters:
    ///   - acceptance: What is being watched.
    ///   - decision: What the authorizer says to the new credentials.
    /// - Returns: Who watches from now on, or why the old credentials stay.
    package func renewal(
        of acceptance: WatchAcceptance,
        by decision: ProgressAuthorization
    ) -> Result<ProgressPrincipal, RenewalRefusal> {
        do throws(Refusal) {
            let access = try access(decision)
            switch acceptance.target {
            case .operation(let journal): try access.require(.watch, on: journal)
            case .feed(let query):
                // What the list shows was settled when it was asked for.
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
    /// What an authorizer decides by.
    var accessRequest: ProgressAccessRequest { ProgressAccessRequest(head: request, caller: caller) }
}
