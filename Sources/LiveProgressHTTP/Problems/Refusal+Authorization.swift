// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress

extension Refusal {
    /// There are no credentials, or bad ones; the same for every operation, known or not.
    ///
    /// RFC 6750 section 3: an error code only where credentials came.
    static func unauthenticated(_ reason: String?) -> Refusal {
        let problem = ProgressProblem(
            .unauthenticated,
            (reason.map { $0 + " " } ?? "") + "Send a valid token: Authorization: Bearer TOKEN."
        )
        let error = reason == nil ? "" : #", error="invalid_token""#
        return Refusal(problem, [.wwwAuthenticate: #"Bearer realm="live-progress""# + error])
    }

    /// The credentials are good, but not for this.
    static func forbidden(_ permission: ProgressPermission) -> Refusal {
        forbidden(
            "The credentials do not allow to \(permission.rawValue). Use a token with that permission.",
            permission
        )
    }

    /// The credentials are good for creating other operations.
    static let creationForbidden = forbidden(
        "The credentials allow to create other operations only. Give it the labels that the token is for.",
        .create
    )

    /// The report would take the operation out of its reporter's hands, and perhaps into those of others.
    static let relabellingForbidden = forbidden(
        "The report would change the labels that the credentials are for. Leave these as they are.",
        .report
    )

    private static func forbidden(_ detail: String, _ permission: ProgressPermission) -> Refusal {
        let fields: HTTPFields = [
            .wwwAuthenticate:
                #"Bearer realm="live-progress", error="insufficient_scope", scope="\#(permission.rawValue)""#
        ]
        return Refusal(ProgressProblem(.forbidden, detail), fields)
    }
}
