// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import HTTPTypes
import LiveProgress

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

extension Exchange {
    /// What an authorizer decides by.
    var accessRequest: ProgressAccessRequest { ProgressAccessRequest(head: request, caller: caller) }
}
