// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The error of a failed system call.
struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The error number, such as `ENOENT`.
    let errno: Int32

    var description: String { String(cString: strerror(errno)) }
}

/// The creation of pipes that the command does not inherit by default.
enum DescriptorPipe {
    /// Creates a pipe whose descriptors are 3 or higher, even if standard descriptors are closed.
    static func make() throws(SystemError) -> (readEnd: Int32, writeEnd: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw SystemError(errno: errno) }
        return try moved(ends)
    }

    /// Creates two connected sockets; a process that is started inherits the second one.
    static func makeSocketPair() throws(SystemError) -> (own: Int32, other: Int32) {
        #if os(Linux) && !canImport(Musl)
            let stream = Int32(SOCK_STREAM.rawValue)
        #else
            let stream = SOCK_STREAM
        #endif
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, stream, 0, &ends) == 0 else { throw SystemError(errno: errno) }
        let (own, other) = try moved(ends)
        _ = fcntl(other, F_SETFD, 0)
        return (own, other)
    }

    private static func moved(_ ends: [Int32]) throws(SystemError) -> (Int32, Int32) {
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
