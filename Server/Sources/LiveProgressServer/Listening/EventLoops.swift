// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import NIOCore

/// The event loops that the process shares.
package enum EventLoops {
    /// Sets the number of event loops to the number of processors that the process may use.
    ///
    /// That number may be smaller than the number of processors of the machine; more event loops would share the same
    /// processors. Call this function before anything uses an event loop. Later calls have no effect. The function also
    /// has no effect where the system does not provide `/proc/self/status`, or where the environment variable
    /// `NIO_SINGLETON_GROUP_LOOP_COUNT` is set.
    package static func matchProcessors() {
        matched
    }

    // Lazy, because NIO accepts a suggestion only once in the life of a process.
    private static let matched: Void = {
        guard ProcessInfo.processInfo.environment["NIO_SINGLETON_GROUP_LOOP_COUNT"] == nil,
            let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let count = processorCount(inStatus: status),
            // NIO's own count may be smaller still, because of a CPU quota.
            count < System.coreCount
        else { return }
        NIOSingletons.groupLoopCountSuggestion = count
    }()

    /// Returns the number of processors in the `Cpus_allowed` line of `/proc/self/status`, or `nil` without such a line.
    static func processorCount(inStatus status: String) -> Int? {
        let name = "Cpus_allowed:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        // The value is a bit mask in hexadecimal with one bit for each processor.
        let count = line.dropFirst(name.count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
        return count > 0 ? count : nil
    }
}
