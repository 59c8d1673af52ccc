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

/// The descriptor to which the signal handler writes signal numbers; -1 before the handler is installed.
private let relayDescriptor = Atomic<Int32>(-1)

/// Handles a signal with async-signal-safe calls only, because a signal can interrupt any code.
private func noteSignal(_ signal: Int32) {
    let savedErrno = errno
    var number = UInt8(truncatingIfNeeded: signal)
    // The pipe does not block: with thousands of unread signals, dropping one more is harmless.
    _ = write(relayDescriptor.load(ordering: .relaxed), &number, 1)
    errno = savedErrno
}

/// Delivers the signals of the process as calls, in their order, on a separate thread.
///
/// Signal handlers belong to the whole process, so one relay serves the process for its lifetime. Signals that were
/// ignored at the start of the process, for example by `nohup`, stay ignored, here and in the command.
enum SignalRelay {
    /// Installs the handler for the signals.
    ///
    /// - Returns: The descriptor for ``deliver(from:to:)``; the descriptor buffers signals that arrive before that call.
    static func install(_ signals: [Int32]) throws(SystemError) -> Int32 {
        let (readEnd, writeEnd) = try DescriptorPipe.make()
        _ = fcntl(writeEnd, F_SETFL, O_NONBLOCK)
        relayDescriptor.store(writeEnd, ordering: .sequentiallyConsistent)
        for number in signals {
            guard !SignalDisposition.isIgnored(number) else { continue }
            _ = signal(number, noteSignal)
        }
        return readEnd
    }

    /// Starts a thread that calls `receive` for each signal, one after the other.
    static func deliver(from descriptor: Int32, to receive: @escaping @Sendable (Int32) -> Void) {
        DispatchQueue(label: "live-progress.signals").async {
            // The parent process may have blocked all signals in every thread: unblock them in this thread.
            var mask = sigset_t()
            sigemptyset(&mask)
            for number in ForwardedSignal.all { sigaddset(&mask, number) }
            pthread_sigmask(SIG_UNBLOCK, &mask, nil)
            var number: UInt8 = 0
            while true {
                let count = read(descriptor, &number, 1)
                if count == 1 { receive(Int32(number)) } else if count == 0 || errno != EINTR { return }
            }
        }
    }
}

/// The disposition of signals in this process.
enum SignalDisposition {
    /// Returns whether the signal is ignored.
    static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        #if canImport(Darwin)
            let handler = action.__sigaction_u.__sa_handler
        #elseif canImport(Musl)
            let handler = action.__sa_handler.sa_handler
        #else
            let handler = action.__sigaction_handler.sa_handler
        #endif
        // Sound: both are C function pointers, possibly null, which have the size of an Int and are only compared.
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
