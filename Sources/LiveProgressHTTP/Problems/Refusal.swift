// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire

/// Ends the handling of a request with a problem.
struct Refusal: Error {
    /// What is wrong; its status becomes that of the answer.
    var problem: ProgressProblem
    /// Further fields of the answer, such as `Allow`.
    var fields: HTTPFields = [:]
    /// The limit that was met, where it was one.
    var limit: ProgressLimit?

    init(_ problem: ProgressProblem, _ fields: HTTPFields = [:]) {
        self.problem = problem
        self.fields = fields
    }

    /// The refusal of one that is past a limit.
    init(_ limit: ProgressLimit, _ problem: ProgressProblem, _ fields: HTTPFields = [:]) {
        self.init(problem, fields)
        self.limit = limit
    }

    /// The refusal that an error of the core means.
    init(_ error: ProgressError) {
        problem = ProgressProblem(refusal: error)
        limit = error.limit
    }

    /// The refusal of a body: RFC 9110 tells bytes that break their syntax (15.5.1) from those that keep to it and say what
    /// is not allowed (15.5.21).
    init(_ error: WireError) {
        problem =
            error.isMalformed
            ? ProgressProblem(.malformedBody, error.message)
            : ProgressProblem(.invalidReport, error.message)
    }
}
