// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The environment of the command: the environment of this process as bytes, plus additional variables.
struct ProcessEnvironment: Sendable, Hashable {
    /// Each entry as `NAME=value`.
    private(set) var entries: [[UInt8]]

    init(entries: [[UInt8]]) {
        self.entries = entries
    }

    /// The environment of this process.
    static var ofProcess: ProcessEnvironment {
        var entries: [[UInt8]] = []
        var next = environ
        while let entry = next.pointee {
            entries.append(Array(UnsafeRawBufferPointer(start: entry, count: strlen(entry))))
            next += 1
        }
        return ProcessEnvironment(entries: entries)
    }

    /// The value of a variable.
    subscript(name: String) -> [UInt8]? {
        get {
            let prefix = Array(name.utf8) + [UInt8(ascii: "=")]
            return entries.first { $0.starts(with: prefix) }.map { Array($0.dropFirst(prefix.count)) }
        }
        set {
            let prefix = Array(name.utf8) + [UInt8(ascii: "=")]
            entries.removeAll { $0.starts(with: prefix) }
            if let newValue { entries.append(prefix + newValue) }
        }
    }
}
