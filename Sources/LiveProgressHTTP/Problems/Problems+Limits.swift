// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension Problems {
    static func tooManyWatchers(_ limit: ProgressLimit) -> ProgressProblem {
        limit == .watchersPerSubject
            ? ProgressProblem(
                past: limit,
                status: 429,
                type: "too-many-watchers-of-subject",
                title: "Too many watchers",
                detail: "You watch as much as one may. Stop watching something else, or watch the list instead."
            )
            : ProgressProblem(
                past: limit,
                status: 503,
                type: "too-many-watchers",
                title: "Too many watchers",
                detail: "The operation has as many watchers as it may. Read it without watching, or try again later."
            )
    }

    static func tooManyOperationsOfSubject(_ limit: Int) -> ProgressProblem {
        ProgressProblem(
            past: .operationsPerSubject,
            status: 429,
            type: "too-many-operations-of-subject",
            title: "Too many operations",
            detail: "\(limit) operations of yours are kept, which is the limit. Delete some that have ended."
        )
    }

    static func tooManyReports(_ rate: Double) -> ProgressProblem {
        ProgressProblem(
            past: .reportRate,
            status: 429,
            type: "too-many-reports",
            title: "Too many reports",
            detail: "An operation may be reported on about \(Int(rate.rounded(.up))) times a second. "
                + "Send the newest after the seconds in Retry-After; an end is always taken."
        )
    }
}
