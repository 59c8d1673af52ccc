// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Copies keys from the user's terminal to the command's terminal, while it is switched on.
final class InputPump: Sendable {
    private let source: Int32
    private let target: Int32
    private let wakeSource: Int32
    private let wakeEnd: Int32
    private let isOn = Mutex(false)
    /// The bytes to type, which this thread writes, because a command that does not read holds up the writer.
    private let typed = Mutex<[UInt8]>([])
    /// The largest number of bytes that wait to be typed; further ones are dropped.
    private static let maximumTypedCount = 4096

    /// Creates a pump, and starts its thread.
    ///
    /// - Parameters:
    ///   - source: The user's terminal.
    ///   - target: The leader of the command's terminal; the pump uses a descriptor of its own.
    /// - Throws: ``SystemError`` if no descriptors are left.
    init(source: Int32, target: Int32) throws(SystemError) {
        self.source = source
        self.target = fcntl(target, F_DUPFD_CLOEXEC, 3)
        (wakeSource, wakeEnd) = try DescriptorPipe.make()
        DispatchQueue(label: "live-progress.input").async { [self] in run() }
    }

    /// Begins or ends to copy.
    func setOn(_ isOn: Bool) {
        self.isOn.withLock { $0 = isOn }
        wake(0)
    }

    /// Ends the thread, unless it is blocked by a command that does not read; it then ends with the process.
    func stop() { wake(1) }

    /// Writes bytes to the command as if they were typed, such as the answer to a query of the terminal.
    func type(_ bytes: [UInt8]) {
        let isFirst = typed.withLock { typed in
            guard typed.count + bytes.count <= Self.maximumTypedCount else { return false }
            defer { typed += bytes }
            return typed.isEmpty
        }
        if isFirst { wake(0) }
    }

    private func wake(_ byte: UInt8) {
        var byte = byte
        _ = write(wakeEnd, &byte, 1)
    }

    private func run() {
        var bytes = [UInt8](repeating: 0, count: 4096)
        while true {
            writeTyped()
            let isOn = isOn.withLock(\.self)
            var watched = [
                pollfd(fd: wakeSource, events: Int16(POLLIN), revents: 0),
                pollfd(fd: isOn ? source : -1, events: Int16(POLLIN), revents: 0),
            ]
            if poll(&watched, 2, -1) < 0, errno != EINTR { return }
            if watched[0].revents != 0 {
                var byte: UInt8 = 0
                guard read(wakeSource, &byte, 1) == 1, byte == 0 else { return }
                continue
            }
            guard watched[1].revents != 0 else { continue }
            let count = read(source, &bytes, bytes.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            // The user's terminal may have answered what follows a query, whose answer comes first.
            writeTyped()
            guard count > 0, write(target, bytes, count) == count else { return setOff() }
        }
    }

    private func writeTyped() {
        let answers = typed.withLock { typed in
            defer { typed = [] }
            return typed
        }
        if !answers.isEmpty { _ = write(target, answers, answers.count) }
    }

    private func setOff() { isOn.withLock { $0 = false } }
}
