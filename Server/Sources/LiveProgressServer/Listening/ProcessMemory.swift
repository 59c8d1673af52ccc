// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#endif

/// The memory settings of the process's allocator.
package enum ProcessMemory {
    /// Makes the allocator return large blocks to the system when they are freed.
    ///
    /// glibc returns a freed block above a threshold immediately, but raises the threshold to the largest block that was
    /// freed, up to 32 MiB. After that, small blocks between freed request bodies of a megabyte keep those bodies' memory
    /// in the process. A threshold that the program sets stays fixed (mallopt(3)). The function has no effect on other C
    /// libraries, or if `MALLOC_MMAP_THRESHOLD_` or `GLIBC_TUNABLES` is set in the environment.
    package static func returnLargePieces() {
        #if canImport(Glibc)
            guard getenv("MALLOC_MMAP_THRESHOLD_") == nil, getenv("GLIBC_TUNABLES") == nil else { return }
            _ = mallopt(mmapThreshold, pieceSize)
            _ = mallopt(trimThreshold, pieceSize)
        #endif
    }

    /// Returns free memory between used blocks to the system; takes about a millisecond for 10 MiB.
    ///
    /// glibc keeps small freed blocks in its free lists (malloc_trim(3)). The function has no effect on other C libraries.
    static func returnFreePieces() {
        #if canImport(Glibc)
            _ = malloc_trim(0)
        #endif
    }

    #if canImport(Glibc)
        /// `M_MMAP_THRESHOLD` and `M_TRIM_THRESHOLD` of malloc.h.
        private static let mmapThreshold: CInt = -3
        private static let trimThreshold: CInt = -1
        /// The size in bytes above which a freed block returns to the system: glibc's initial threshold.
        private static let pieceSize: CInt = 128 * 1024
    #endif
}

#if canImport(Glibc)
    // Functions of malloc.h, which Swift's `Glibc` module does not declare. A look-up by `dlsym` would fail in a static program.

    // int mallopt(int, int)
    @_silgen_name("mallopt")
    private func mallopt(_ parameter: CInt, _ value: CInt) -> CInt

    // int malloc_trim(size_t)
    @_silgen_name("malloc_trim")
    private func malloc_trim(_ padding: Int) -> CInt
#endif
