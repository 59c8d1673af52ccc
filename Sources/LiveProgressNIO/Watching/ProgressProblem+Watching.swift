// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire

extension ProgressProblem {
    /// A watcher sent bytes.
    static let messagesAreText = watching(.messagesAreText, #"Send {"type":"cancel"} as text."#)

    /// A watcher of the list sent something.
    static let feedTakesNoMessages = watching(
        .noMessages,
        "Connect to one operation to ask it to stop."
    )

    /// A watcher sent something that is no message.
    static func notUnderstood(_ error: WireError) -> ProgressProblem {
        watching(.messageNotUnderstood, #"\#(error) Send {"type":"cancel"}."#)
    }

    /// A watcher may not ask the operation to stop.
    static let mayNotCancel = watching(.forbidden, "The credentials do not allow to cancel.")

    /// A watcher's credentials have ended.
    static let credentialsExpired = watching(
        .unauthenticated,
        #"The credentials have expired. Send {"type":"authenticate","token":"…"} within 10 seconds to stay."#
    )

    /// A watcher sends new credentials faster than they can be looked at.
    static let renewalUnderWay = watching(
        .renewalUnderWay,
        "Wait for the answer to the last one."
    )

    /// The operation does not do what a watcher asked for.
    static func refused(_ error: ProgressError) -> ProgressProblem {
        watching(error.code.kind, error.message)
    }

    /// A problem in a message: it is no answer to a request, so it has no status.
    private static func watching(_ kind: Kind, _ detail: String) -> ProgressProblem {
        var problem = ProgressProblem(kind, detail)
        problem.status = nil
        return problem
    }
}
