// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Copies one output of the command to an output of this process, and passes the bytes to a closure.
struct OutputPump: Sendable {
    /// The read end of the command's pipe; closed when copying ends.
    let source: Int32
    /// The output of this process.
    let target: Int32
    /// A descriptor that becomes readable, or whose other end closes, when copying must stop.
    let stop: Int32
    /// The command's terminal, whose queries the pump removes and answers; `nil` for a pipe.
    var terminal: TerminalRelay?

    /// The largest number of bytes that are copied after the stop: what a pipe holds, because another process may go on writing.
    private static let capacity = 65_536

    /// Copies until the end of the output; blocks the thread.
    ///
    /// If the target has no reader any more, the pump closes the source. The command then gets SIGPIPE, as it would
    /// without `run`.
    func run(_ show: (UnsafeRawBufferPointer) -> Void) {
        var filter = QueryFilter()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.capacity, alignment: 16)
        defer {
            buffer.deallocate()
            close(source)
        }
        var isStopping = false
        var countAfterStop = 0
        while countAfterStop < Self.capacity, waitForBytes(&isStopping) {
            let count = read(source, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            // The system reports the end of a terminal as an error (EIO).
            guard count > 0 else { break }
            if isStopping { countAfterStop += count }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            let isWritten = terminal.map { copy(bytes, &filter, answering: $0) } ?? writeAll(bytes)
            show(bytes)
            guard isWritten else { return }
        }
        // The output can end inside a sequence.
        _ = filter.finish().withUnsafeBytes(writeAll)
    }

    /// Writes the bytes without queries; the answers come before everything that follows the query in the terminal.
    private func copy(
        _ bytes: UnsafeRawBufferPointer,
        _ filter: inout QueryFilter,
        answering terminal: TerminalRelay
    ) -> Bool {
        let (rest, queryCount) = filter.take(bytes)
        terminal.answer(queryCount: queryCount)
        return rest.withUnsafeBytes(writeAll)
    }

    /// Waits for bytes to read; returns `false` if copying must stop.
    private func waitForBytes(_ isStopping: inout Bool) -> Bool {
        var watched = [
            pollfd(fd: source, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let count = poll(&watched, 2, -1)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            if watched[1].revents != 0 { isStopping = true }
            // Copy the available bytes even if copying must stop.
            if watched[0].revents & Int16(POLLIN) != 0 { return true }
            return watched[1].revents == 0 && watched[0].revents != 0
        }
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = UnsafeRawBufferPointer(rebasing: rest)
            let count = write(target, part.baseAddress, part.count)
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                // Another process that shares this output has made it non-blocking.
                var watched = pollfd(fd: target, events: Int16(POLLOUT), revents: 0)
                _ = poll(&watched, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
