// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressServer

/// What `run` tells the service manager about its command.
enum ServiceStatus {
    /// The time by which each message extends the limit of a start or a stop, so that systemd does not end a command which makes
    /// progress.
    static let timeLimit = Duration.seconds(60)

    /// Sends the step, and the percentage if it is known, to the service manager, if there is one.
    static func tell(step: String, percent: Double?) { ServiceManager.notify(message(step: step, percent: percent)) }

    /// Returns the message of the protocol `sd_notify(3)`, with the status line of `systemctl status`.
    static func message(step: String, percent: Double?) -> String {
        let line = SafeText.line(step)
        let status = percent.map { "\(Int($0)) %  \(line)" } ?? line
        return "STATUS=\(status)\nEXTEND_TIMEOUT_USEC=\(timeLimit.components.seconds * 1_000_000)"
    }
}
