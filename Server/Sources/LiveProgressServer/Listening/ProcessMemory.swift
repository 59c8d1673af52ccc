// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#endif

/// How the process deals with the system's memory.
public enum ProcessMemory {
    /// Makes memory that a burst of large requests took go back to the system when it is freed.
    ///
    /// The GNU library hands pieces above a threshold back at once, but raises the threshold to the largest piece that it
    /// has seen, up to 32 MiB; from then on a few bodies of a megabyte, between small pieces that stay, hold many. A
    /// threshold that is set stays (mallopt(3)). Does nothing elsewhere, and where the environment says otherwise.
    public static func returnLargePieces() {
        #if canImport(Glibc)
            guard getenv("MALLOC_MMAP_THRESHOLD_") == nil, getenv("GLIBC_TUNABLES") == nil else { return }
            guard let symbol = symbol("mallopt") else { return }
            // malloc.h has it as `int mallopt(int, int)`, which is this type; the symbol is not nil.
            let mallopt = unsafeBitCast(symbol, to: (@convention(c) (CInt, CInt) -> CInt).self)
            _ = mallopt(mmapThreshold, pieceSize)
            _ = mallopt(trimThreshold, pieceSize)
        #endif
    }

    /// Gives back to the system what is free between pieces that are in use; takes a millisecond for ten MiB.
    ///
    /// Small pieces go to lists of the library when they are freed, and stay there (malloc_trim(3)). Does nothing elsewhere.
    static func returnFreePieces() {
        #if canImport(Glibc)
            guard let symbol = symbol("malloc_trim") else { return }
            // malloc.h has it as `int malloc_trim(size_t)`, which is this type; the symbol is not nil.
            let trim = unsafeBitCast(symbol, to: (@convention(c) (Int) -> CInt).self)
            _ = trim(0)
        #endif
    }

    #if canImport(Glibc)
        /// A function that is not among what the Swift module of the library declares.
        private static func symbol(_ name: String) -> UnsafeMutableRawPointer? { dlsym(dlopen(nil, RTLD_NOW), name) }

        /// `M_MMAP_THRESHOLD` and `M_TRIM_THRESHOLD` of malloc.h.
        private static let mmapThreshold: CInt = -3
        private static let trimThreshold: CInt = -1
        /// What is larger goes back by itself, in bytes: the library's own threshold before it has seen larger pieces.
        private static let pieceSize: CInt = 128 * 1024
    #endif
}
