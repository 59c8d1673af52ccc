// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The limit of open files of this process, which includes connections.
enum FileLimit {
    /// Raises the soft limit to at least the given number; child processes inherit the limit.
    ///
    /// - Parameter wanted: The number of files that are needed.
    /// - Throws: ``BenchError`` if the system does not permit this limit.
    static func raise(to wanted: Int) throws(BenchError) {
        #if canImport(Glibc)
            let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let files = RLIMIT_NOFILE
        #endif
        var limit = rlimit()
        guard getrlimit(files, &limit) == 0 else { return }
        guard limit.rlim_cur < rlim_t(wanted) else { return }
        guard limit.rlim_max >= rlim_t(wanted) else { throw tooLow(wanted, Int(clamping: limit.rlim_max)) }
        limit.rlim_cur = rlim_t(wanted)
        // Some systems have another, lower limit beside the hard limit.
        guard setrlimit(files, &limit) == 0 else { throw tooLow(wanted, Int(limit.rlim_cur)) }
    }

    private static func tooLow(_ wanted: Int, _ allowed: Int) -> BenchError {
        BenchError(
            """
            so many watchers need \(wanted) open files, and this system allows \(allowed); use fewer watchers \
            (--watchers), or raise the limit (ulimit -Hn)
            """
        )
    }
}
