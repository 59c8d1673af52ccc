// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire

/// The error that ends the handling of a request with a problem.
struct Refusal: Error {
    /// The problem; its status is the status of the response.
    var problem: ProgressProblem
    /// Additional header fields of the response, such as `Allow`.
    var fields: HTTPFields = [:]
    /// The limit that the request exceeded; `nil` if the refusal has another reason.
    var limit: ProgressLimit?

    init(_ problem: ProgressProblem, _ fields: HTTPFields = [:]) {
        self.problem = problem
        self.fields = fields
    }

    /// Creates the refusal of a request that exceeds a limit.
    init(_ limit: ProgressLimit, _ problem: ProgressProblem, _ fields: HTTPFields = [:]) {
        self.init(problem, fields)
        self.limit = limit
    }

    /// Creates the refusal for an error of the core.
    init(_ error: ProgressError) {
        problem = ProgressProblem(refusal: error)
        limit = error.limit
    }

    /// Creates the refusal of a request body.
    ///
    /// Malformed syntax is a 400 (RFC 9110 section 15.5.1). Well-formed content that is not allowed is a 422 (section
    /// 15.5.21).
    init(_ error: WireError) {
        problem =
            error.isMalformed
            ? ProgressProblem(.malformedBody, error.message)
            : ProgressProblem(.invalidReport, error.message)
    }
}
