// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressClient
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Watches one operation and returns the exit status for its outcome.
final class WatchSession: Sendable {
    private let target: ProgressTarget
    private let configuration: ProgressClient.Configuration
    private let cursor: ProgressCursor?
    private let screen: Mutex<WatchScreen>
    private let start = ContinuousClock.now

    init(
        target: ProgressTarget,
        configuration: ProgressClient.Configuration = ProgressClient.Configuration(),
        cursor: ProgressCursor?,
        screen: WatchScreen
    ) {
        self.target = target
        self.configuration = configuration
        self.cursor = cursor
        self.screen = Mutex(screen)
    }

    /// Ghostty removes a bar after 15 s without a new value, kitty after 60 s.
    private static let barInterval = Duration.seconds(10)

    /// Watches the operation until its end, the timeout, a signal, or a failure.
    func run(timeout: Duration?) async -> Int32 {
        let signals = Self.signals()
        return await withTaskGroup(of: Int32?.self) { group in
            group.addTask { await self.watch() }
            group.addTask {
                for await signal in signals { return 128 + signal }
                return nil
            }
            group.addTask {
                while (try? await Task.sleep(for: Self.barInterval)) != nil { self.write { $0.keepBar() } }
                return nil
            }
            if let timeout {
                group.addTask {
                    do { try await Task.sleep(for: timeout) } catch { return nil }
                    return ExitStatus.timedOut
                }
            }
            var status: Int32?
            while status == nil, let next = await group.next() { status = next }
            group.cancelAll()
            await group.waitForAll()
            write { $0.finish() }
            if status == ExitStatus.timedOut { Console.complain("The operation has not ended in time.") }
            return status ?? ExitStatus.interrupted
        }
    }

    /// Returns the exit status, or `nil` if the task was cancelled.
    private func watch() async -> Int32? {
        var configuration = configuration
        configuration.onRetry = { error, _ in
            var complaint: String?
            self.write { screen in
                let (text, said) = screen.reconnecting(error.message, width: Console.Stream.output.width)
                complaint = said
                return text
            }
            if let complaint { Console.complain(complaint) }
        }
        let client = ProgressClient(server: target.server, configuration: configuration)
        do throws(ProgressClientError) {
            for try await event in client.events(of: target.id, from: cursor) {
                let now = ContinuousClock.now - start
                let isRead = write { $0.show(event, now: now, width: Console.Stream.output.width) }
                guard isRead else { return 128 + SIGPIPE }
                if let outcome = event.snapshot.outcome { return ExitStatus.of(outcome) }
            }
            // The watch ends without an event if the cursor is already at the end.
            return try await client.get(target.id).outcome.map(ExitStatus.of) ?? ExitStatus.failed
        } catch {
            if error.code == .cancelled { return nil }
            write { $0.finish() }
            Console.complain(error.toolMessage)
            return ExitStatus.of(error)
        }
    }

    @discardableResult
    private func write(_ text: (inout WatchScreen) -> String) -> Bool {
        screen.withLock { screen in
            let text = text(&screen)
            return text.isEmpty || Console.write(text)
        }
    }

    /// Returns a stream of the received signals SIGINT, SIGTERM and SIGHUP.
    private static func signals() -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream<Int32>.makeStream()
        if let descriptor = try? SignalRelay.install([SIGINT, SIGTERM, SIGHUP]) {
            SignalRelay.deliver(from: descriptor) { continuation.yield($0) }
        }
        return stream
    }
}
