// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Copies one of the command's outputs to ours as it comes, and shows the bytes on the way.
struct OutputPump: Sendable {
    /// The end of the pipe that the command writes into; closed when the copying ends.
    let source: Int32
    /// Our own output.
    let target: Int32
    /// Becomes readable (or is closed at its other end) when copying is to stop.
    let stop: Int32

    /// Copies until the end; blocks the thread.
    ///
    /// Where nobody reads our output any more the source is closed, so that the command learns it as it would have
    /// without us: by SIGPIPE.
    func run(_ show: (UnsafeRawBufferPointer) -> Void) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)
        defer {
            buffer.deallocate()
            close(source)
        }
        while waitForBytes() {
            let count = read(source, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { return }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            let isWritten = writeAll(bytes)
            show(bytes)
            guard isWritten else { return }
        }
    }

    /// Waits until there is something to read, or gives `false` where copying is to stop.
    private func waitForBytes() -> Bool {
        var watched = [
            pollfd(fd: source, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stop, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let count = poll(&watched, 2, -1)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            // What is there is copied even when it is time to stop.
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
                // Someone who shares our output made it non-blocking.
                var watched = pollfd(fd: target, events: Int16(POLLOUT), revents: 0)
                _ = poll(&watched, 1, -1)
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
