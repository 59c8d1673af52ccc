// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress

extension Refusal {
    /// Returns the 401 for missing or invalid credentials, the same for known and unknown operations.
    ///
    /// RFC 6750 section 3: the response has an error code only if the request had credentials.
    static func unauthenticated(_ reason: String?) -> Refusal {
        let problem = ProgressProblem(
            .unauthenticated,
            (reason.map { $0 + " " } ?? "") + "Send a valid token: Authorization: Bearer TOKEN."
        )
        let error = reason == nil ? "" : #", error="invalid_token""#
        return Refusal(problem, [.wwwAuthenticate: #"Bearer realm="live-progress""# + error])
    }

    /// Returns the 403 for valid credentials without a permission.
    static func forbidden(_ permission: ProgressPermission) -> Refusal {
        forbidden(
            "The credentials lack the \(permission.rawValue) permission. Use a token with that permission.",
            permission
        )
    }

    /// The 403 for credentials that permit the creation of other operations only.
    static let creationForbidden = forbidden(
        "The credentials permit only other operations. Give the operation the labels that the token is for.",
        .create
    )

    /// The 403 for a report whose labels would move the operation out of the reporter's scope.
    static let relabellingForbidden = forbidden(
        "The report would change labels that the credentials require. Leave these labels as they are.",
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
