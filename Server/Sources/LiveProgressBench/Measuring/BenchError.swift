// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressCLI

/// Why a measurement could not be made, or must not be believed.
struct BenchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, and what to do about it.
    let message: String
    /// What the tool exits with.
    let status: Int32

    init(_ message: String, status: Int32 = ExitStatus.unavailable) {
        self.message = message
        self.status = status
    }

    /// The message.
    var description: String { message }
}
