// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Unbuffered writing to standard output and standard error.
package enum Console {
    /// The stream to write to.
    package enum Stream: Int32, Sendable {
        case output = 1
        case error = 2

        /// Whether the stream is a terminal.
        var isTerminal: Bool { isatty(rawValue) == 1 }

        /// The number of columns of the terminal; 80 if unknown.
        var width: Int {
            var size = winsize()
            guard ioctl(rawValue, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
            return Int(size.ws_col)
        }
    }

    /// Writes the text; returns `false` if the stream has no reader any more.
    @discardableResult
    package static func write(_ text: String, to stream: Stream = .output) -> Bool {
        write(Array(text.utf8), to: stream)
    }

    /// Writes the bytes; returns `false` if the stream has no reader any more.
    @discardableResult
    static func write(_ bytes: [UInt8], to stream: Stream = .output) -> Bool {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let count = posixWrite(stream.rawValue, rest)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR && errno != EAGAIN {
                    return false
                }
            }
            return true
        }
    }

    /// Writes an error message to standard error, with the name of the tool as prefix.
    package static func complain(_ message: String, by tool: String = "live-progress") {
        write("\(tool): \(SafeText.line(message))\n", to: .error)
    }

    private static func posixWrite(_ descriptor: Int32, _ bytes: Slice<UnsafeRawBufferPointer>) -> Int {
        let buffer = UnsafeRawBufferPointer(rebasing: bytes)
        #if canImport(Glibc)
            return Glibc.write(descriptor, buffer.baseAddress, buffer.count)
        #elseif canImport(Musl)
            return Musl.write(descriptor, buffer.baseAddress, buffer.count)
        #else
            return Darwin.write(descriptor, buffer.baseAddress, buffer.count)
        #endif
    }
}
