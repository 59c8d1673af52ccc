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

/// The resource usage of this process.
struct ResourceUsage: Sendable, Hashable {
    /// The processor time of all threads in user and kernel mode, in nanoseconds.
    var processorNanoseconds: Int64
    /// The resident memory in bytes; `nil` if the system does not report it.
    var residentBytes: Int64?

    /// Returns the current usage.
    static func current() -> ResourceUsage {
        // `clock` always counts in microseconds (POSIX, CLOCKS_PER_SEC).
        ResourceUsage(processorNanoseconds: Int64(clock()) * 1000, residentBytes: residentBytes())
    }

    /// The usage as a JSON object.
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
