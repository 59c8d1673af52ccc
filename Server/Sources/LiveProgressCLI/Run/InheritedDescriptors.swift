// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The descriptors that we were started with, which go on to the command as they are; our own do not.
struct InheritedDescriptors: Sendable {
    private let numbers: Set<Int32>
    private static let range: Range<Int32> = 3..<1024

    /// Those that are open now and would be inherited; to be asked for before anything else is opened.
    init() {
        numbers = Set(Self.range.filter { Self.isInheritable($0) })
    }

    /// Keeps all others from being inherited: sockets of servers, event queues.
    func keepOthersBack() {
        for number in Self.range where !numbers.contains(number) && Self.isInheritable(number) {
            _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        }
    }

    private static func isInheritable(_ number: Int32) -> Bool {
        let flags = fcntl(number, F_GETFD)
        return flags >= 0 && flags & FD_CLOEXEC == 0
    }
}
