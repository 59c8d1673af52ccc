// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How many files this process may have open, connections among them.
enum FileLimit {
    /// Raises the limit, which children inherit, where it is lower than this.
    ///
    /// - Parameter wanted: Files that are needed.
    /// - Throws: ``BenchError`` where the system does not allow it.
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
        // Some systems have a lower limit of their own beside the hard one.
        guard setrlimit(files, &limit) == 0 else { throw tooLow(wanted, Int(limit.rlim_cur)) }
    }

    private static func tooLow(_ wanted: Int, _ allowed: Int) -> BenchError {
        BenchError(
            """
            so many watchers need \(wanted) open files, and this system allows \(allowed); ask for fewer with \
            --watchers, or have the limit raised (ulimit -Hn)
            """
        )
    }
}
