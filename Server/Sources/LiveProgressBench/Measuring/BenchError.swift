// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressCLI

/// The reason why a measurement failed or is invalid.
struct BenchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The fault and its remedy.
    let message: String
    /// The exit status of the tool.
    let status: Int32

    init(_ message: String, status: Int32 = ExitStatus.unavailable) {
        self.message = message
        self.status = status
    }

    /// The message.
    var description: String { message }
}
