// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire

extension ProgressProblem {
    /// A watcher sent bytes.
    static let messagesAreText = watching("messages-are-text", "Messages are text", #"Send {"type":"cancel"} as text."#)

    /// A watcher of the list sent something.
    static let feedTakesNoMessages = watching(
        "no-messages",
        "The list takes no messages",
        "Connect to one operation to ask it to stop."
    )

    /// A watcher sent something that is no message.
    static func notUnderstood(_ error: WireError) -> ProgressProblem {
        watching("message-not-understood", "Message not understood", #"\#(error) Send {"type":"cancel"}."#)
    }

    /// A watcher may not ask the operation to stop.
    static let mayNotCancel = watching("forbidden", "Forbidden", "The credentials do not allow to cancel.")

    /// A watcher's credentials have ended.
    static let credentialsExpired = watching(
        "unauthenticated",
        "Credentials expired",
        #"Send {"type":"authenticate","token":"…"} within 10 seconds to stay."#
    )

    /// A watcher sends new credentials faster than they can be looked at.
    static let renewalUnderWay = watching(
        "renewal-under-way",
        "Renewal under way",
        "Wait for the answer to the last one."
    )

    /// The operation does not do what a watcher asked for.
    static func refused(_ error: ProgressError) -> ProgressProblem {
        watching(error.code.name, "Not granted", error.message)
    }

    private static func watching(_ type: String, _ title: String, _ detail: String) -> ProgressProblem {
        ProgressProblem(type: typePrefix + type, title: title, detail: detail)
    }
}
