// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What the system said when a call failed.
struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The number, such as `ENOENT`.
    let errno: Int32

    var description: String { String(cString: strerror(errno)) }
}

/// Pipes that the command does not inherit, unless told to.
enum DescriptorPipe {
    /// A pipe whose ends are no standard descriptors, even where these are closed.
    static func make() throws(SystemError) -> (readEnd: Int32, writeEnd: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError(errno: errno) }
        let moved = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 3) }
        let failure = errno
        for end in ends { close(end) }
        guard moved.allSatisfy({ $0 >= 0 }) else {
            for end in moved where end >= 0 { close(end) }
            throw SystemError(errno: failure)
        }
        return (moved[0], moved[1])
    }
}
