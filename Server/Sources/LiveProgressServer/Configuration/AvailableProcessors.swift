// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import NIOCore

/// The processors that the system lets this process run on.
enum AvailableProcessors {
    /// How many there are, or `nil` where the system does not say.
    static func count() -> Int? {
        #if os(Linux)
            let name = "Cpus_allowed_list:"
            let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = status?.split(separator: "\n").first { $0.hasPrefix(name) }
            return line.flatMap { count(list: $0.dropFirst(name.count)) }
        #else
            return nil
        #endif
    }

    /// How many a list such as `0-3,8` names; `nil` where it is none.
    static func count(list: some StringProtocol) -> Int? {
        var count = 0
        for range in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = range.split(separator: "-", omittingEmptySubsequences: false)
                .map { Int(String($0.filter { !$0.isWhitespace })) }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last else {
                return nil
            }
            count += last - first + 1
        }
        return count
    }
}

extension ServerApplication {
    /// Gives a process that is bound to a part of the machine an event loop for each processor of that part.
    ///
    /// Otherwise it gets one for each processor of the whole, and they take turns on what there is. To be called once,
    /// before anything uses an event loop; the variable `NIO_SINGLETON_GROUP_LOOP_COUNT` wins.
    public static func fitEventLoopsToProcessors() {
        guard let count = AvailableProcessors.count(), count < System.coreCount else { return }
        guard ProcessInfo.processInfo.environment["NIO_SINGLETON_GROUP_LOOP_COUNT"] == nil else { return }
        NIOSingletons.groupLoopCountSuggestion = count
    }
}
