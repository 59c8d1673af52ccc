// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import NIOCore

/// The event loops that the process shares.
public enum EventLoops {
    /// Makes as many event loops as the process has processors to run on, which may be fewer than the machine has.
    ///
    /// More would only take turns on the same processors. Call it before anything uses an event loop; later calls, and
    /// systems that do not tell, change nothing. The environment variable `NIO_SINGLETON_GROUP_LOOP_COUNT` comes first.
    public static func matchProcessors() {
        matched
    }

    /// May be done once in the life of a process.
    private static let matched: Void = {
        guard ProcessInfo.processInfo.environment["NIO_SINGLETON_GROUP_LOOP_COUNT"] == nil,
            let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let count = processorCount(inStatus: status),
            // A quota may allow fewer still.
            count < System.coreCount
        else { return }
        NIOSingletons.groupLoopCountSuggestion = count
    }()

    /// How many processors a process may run on, by its status as Linux tells it; `nil` where that says nothing.
    static func processorCount(inStatus status: String) -> Int? {
        let name = "Cpus_allowed:"
        guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
        // One bit for each processor, in hexadecimal.
        let count = line.dropFirst(name.count).reduce(0) { $0 + ($1.hexDigitValue?.nonzeroBitCount ?? 0) }
        return count > 0 ? count : nil
    }
}
