// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// What this process has taken of the machine.
struct ResourceUsage: Sendable, Hashable {
    /// Processor time of all threads, the kernel's on their behalf included, in nanoseconds.
    var processorNanoseconds: Int64
    /// Memory that is in use now, in bytes; `nil` where the system does not say.
    var residentBytes: Int64?

    /// What it is now.
    static func current() -> ResourceUsage {
        // In microseconds, whatever the resolution of the system's clock is (POSIX, CLOCKS_PER_SEC).
        ResourceUsage(processorNanoseconds: Int64(clock()) * 1000, residentBytes: residentBytes())
    }

    /// As JSON, with a member for each.
    var json: JSONValue {
        [
            "processorNanoseconds": .integer(processorNanoseconds),
            "residentBytes": residentBytes.map { .integer($0) } ?? .null,
        ]
    }

    #if os(Linux)
        private static func residentBytes() -> Int64? {
            guard let file = fopen("/proc/self/statm", "r") else { return nil }
            defer { fclose(file) }
            var line = [CChar](repeating: 0, count: 128)
            guard fgets(&line, Int32(line.count), file) != nil else { return nil }
            let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            // The second number is the resident set, in pages.
            let fields = text.split(separator: " ")
            guard fields.count > 1, let pages = Int64(fields[1]) else { return nil }
            return pages * Int64(sysconf(Int32(_SC_PAGESIZE)))
        }
    #else
        private static func residentBytes() -> Int64? { nil }
    #endif
}
