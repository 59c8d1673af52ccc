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

/// Where the handler writes the numbers of the signals that came; -1 before there is a place.
private let relayDescriptor = Atomic<Int32>(-1)

/// Runs at any moment, in the middle of anything: it does what is safe there and nothing else.
private func noteSignal(_ signal: Int32) {
    let savedErrno = errno
    var number = UInt8(truncatingIfNeeded: signal)
    // The pipe does not block: with thousands of signals unread, one more says nothing new.
    _ = write(relayDescriptor.load(ordering: .relaxed), &number, 1)
    errno = savedErrno
}

/// Turns the process's signals into calls, in their order, on a thread of their own.
///
/// There is one for the process's life: handlers belong to the whole process. Signals that were ignored when the
/// process was started (by `nohup`, say) stay ignored, here and in the command.
enum SignalRelay {
    /// Catches the signals from now on.
    ///
    /// - Returns: What to give to ``deliver(from:to:)``; signals that come before are kept.
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

    /// Calls for each signal, one after the other.
    static func deliver(from descriptor: Int32, to receive: @escaping @Sendable (Int32) -> Void) {
        DispatchQueue(label: "live-progress.signals").async {
            // Whoever started us may have left all signals blocked, in every thread; this one takes them.
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

/// What the process does on a signal.
enum SignalDisposition {
    /// Whether the signal is ignored.
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
        // Sound: both are function pointers of C, possibly null, which are as wide as an Int and only compared.
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
