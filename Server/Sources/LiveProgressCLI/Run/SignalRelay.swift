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
/// The number of SIGCONT so far.
private let continueCount = Atomic<Int>(0)

/// Handles a signal with async-signal-safe calls only, because a signal can interrupt any code.
private func noteSignal(_ signal: Int32) {
    let savedErrno = errno
    if signal == SIGCONT { continueCount.add(1, ordering: .relaxed) }
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
            // The handler of one signal must not interrupt that of another, which would change their order.
            var action = sigaction()
            sigaction(number, nil, &action)
            sigfillset(&action.sa_mask)
            sigaction(number, &action, nil)
        }
        return readEnd
    }

    /// Stops this process, unless SIGCONT has arrived more than a number of times: a further one might not follow.
    static func stop(unlessContinuedMoreThan count: Int) {
        var mask = sigset_t()
        var pending = sigset_t()
        sigemptyset(&mask)
        sigaddset(&mask, SIGCONT)
        // A thread that blocks a signal sees it as pending, until another thread handles it.
        pthread_sigmask(SIG_BLOCK, &mask, nil)
        sigpending(&pending)
        if sigismember(&pending, SIGCONT) == 0, continueCount.load(ordering: .relaxed) <= count {
            kill(getpid(), SIGSTOP)
        }
    }

    /// Starts a thread that calls `receive` for each signal, one after the other.
    static func deliver(from descriptor: Int32, to receive: @escaping @Sendable (Int32) -> Void) {
        DispatchQueue(label: "live-progress.signals").async {
            // The parent process may have blocked signals. On Linux, the main thread waits with none blocked (`dispatchMain`), and
            // must be the only one to receive signals: two threads could change their order.
            #if !os(Linux)
                var mask = sigset_t()
                sigemptyset(&mask)
                for number in ForwardedSignal.all { sigaddset(&mask, number) }
                pthread_sigmask(SIG_UNBLOCK, &mask, nil)
            #endif
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
