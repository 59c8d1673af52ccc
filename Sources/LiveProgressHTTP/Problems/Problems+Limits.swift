// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension Problems {
    static func tooManyWatchers(_ limit: ProgressLimit) -> ProgressProblem {
        limit == .watchersPerSubject
            ? ProgressProblem(
                .tooManyWatchersOfSubject,
                past: limit,
                "You have reached your limit of watchers. Stop another watch, or watch the list instead."
            )
            : ProgressProblem(
                .tooManyWatchers,
                past: limit,
                "The operation has reached its limit of watchers. Read it without watching, or try again later."
            )
    }

    static func tooManyOperationsOfSubject(_ limit: Int) -> ProgressProblem {
        ProgressProblem(
            .tooManyOperationsOfSubject,
            past: .operationsPerSubject,
            "You have \(limit) operations, which is the limit. Delete some that have ended."
        )
    }

    static func tooManyReports(_ rate: Double) -> ProgressProblem {
        ProgressProblem(
            .tooManyReports,
            past: .reportRate,
            "An operation accepts about \(Int(rate.rounded(.up))) reports per second. "
                + "Send the newest report after the seconds in Retry-After; an end is always accepted."
        )
    }
}
