// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Finds where a program enters or leaves the alternate screen, in bytes that are not decoded.
enum ScreenSwitch {
    /// The length in bytes of the longest sequence.
    static let length = 8

    private static let modes = ["[?1049", "[?1047", "[?47"].map { Array($0.utf8) }

    /// Returns the last switch: whether to the alternate screen; `nil` without one.
    static func last(in bytes: some RandomAccessCollection<UInt8>) -> Bool? {
        // In contiguous bytes, the C function finds an escape many times faster than a loop.
        let found: Bool?? = bytes.withContiguousStorageIfAvailable { bytes in
            var screen: Bool?
            var rest = UnsafeRawBufferPointer(bytes)[...]
            while let next = index(of: Byte.escape, in: UnsafeRawBufferPointer(rebasing: rest)) {
                rest = rest.dropFirst(next + 1)
                screen = isAlternate(rest) ?? screen
            }
            return screen
        }
        return found ?? last(in: Array(bytes))
    }

    private static func index(of byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let base = bytes.baseAddress, let found = memchr(base, Int32(byte), bytes.count) else { return nil }
        return UnsafeRawPointer(found) - base
    }

    private static func isAlternate(_ rest: Slice<UnsafeRawBufferPointer>) -> Bool? {
        for mode in modes where rest.starts(with: mode) {
            switch rest.dropFirst(mode.count).first {
            case UInt8(ascii: "h"): return true
            case UInt8(ascii: "l"): return false
            default: continue
            }
        }
        return nil
    }
}
