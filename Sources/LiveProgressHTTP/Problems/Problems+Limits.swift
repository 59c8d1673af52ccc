// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension Problems {
    static func tooManyWatchers(_ limit: ProgressLimit) -> ProgressProblem {
        limit == .watchersPerSubject
            ? ProgressProblem(
                .tooManyWatchersOfSubject,
                past: limit,
                "You watch as much as one may. Stop watching something else, or watch the list instead."
            )
            : ProgressProblem(
                .tooManyWatchers,
                past: limit,
                "The operation has as many watchers as it may. Read it without watching, or try again later."
            )
    }

    static func tooManyOperationsOfSubject(_ limit: Int) -> ProgressProblem {
        ProgressProblem(
            .tooManyOperationsOfSubject,
            past: .operationsPerSubject,
            "\(limit) operations of yours are kept, which is the limit. Delete some that have ended."
        )
    }

    static func tooManyReports(_ rate: Double) -> ProgressProblem {
        ProgressProblem(
            .tooManyReports,
            past: .reportRate,
            "An operation may be reported on about \(Int(rate.rounded(.up))) times a second. "
                + "Send the newest after the seconds in Retry-After; an end is always taken."
        )
    }
}
