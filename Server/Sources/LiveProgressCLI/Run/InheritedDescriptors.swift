// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The descriptors that this process inherited; the command inherits them, and no descriptor that this process opens.
struct InheritedDescriptors: Sendable {
    private let numbers: Set<Int32>
    private static let range: Range<Int32> = 3..<1024

    /// Records the open descriptors that a child would inherit; call it before this process opens other descriptors.
    init() {
        numbers = Set(Self.range.filter { Self.isInheritable($0) })
    }

    /// Sets close-on-exec on all other descriptors, such as sockets of servers and event queues.
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
