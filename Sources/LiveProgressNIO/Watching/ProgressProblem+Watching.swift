// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire

extension ProgressProblem {
    /// A watcher sent a binary message.
    static let messagesAreText = watching(.messagesAreText, #"Send {"type":"cancel"} as text."#)

    /// A watcher of a list sent a message.
    static let feedTakesNoMessages = watching(
        .noMessages,
        "To cancel an operation, connect to that operation."
    )

    /// A watcher sent an unknown or malformed message.
    static func notUnderstood(_ error: WireError) -> ProgressProblem {
        watching(.messageNotUnderstood, #"\#(error) Send {"type":"cancel"}."#)
    }

    /// A watcher may not cancel the operation.
    static let mayNotCancel = watching(.forbidden, "The credentials do not permit cancelling.")

    /// A watcher's credentials have expired.
    static let credentialsExpired = watching(
        .unauthenticated,
        #"The credentials have expired. Send {"type":"authenticate","token":"…"} within 10 seconds to stay."#
    )

    /// A watcher sent new credentials before the decision about the previous ones.
    static let renewalUnderWay = watching(
        .renewalUnderWay,
        "Wait for the answer to the previous authenticate message."
    )

    /// The operation cannot do what a watcher requested.
    static func refused(_ error: ProgressError) -> ProgressProblem {
        watching(error.code.kind, error.message)
    }

    /// Creates a problem inside a WebSocket message; it answers no request, so it has no status.
    private static func watching(_ kind: Kind, _ detail: String) -> ProgressProblem {
        var problem = ProgressProblem(kind, detail)
        problem.status = nil
        return problem
    }
}
