// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// Where the output's bytes become reports: fed by the threads that copy, emptied by the one that publishes.
final class RunFeed: Sendable {
    private struct State {
        var scanners: [ProgressScanner]
        /// The unfinished lines that were looked at last.
        var glances: [OutputLine?]
        var reporter: RunReporter
        var tail = OutputTail()
        var lastBytes = Duration.zero
        var isFinished = false
    }

    /// How long an unfinished line must stand before it is looked at: its rest may be on the way.
    private static let standing = Duration.milliseconds(50)

    private let state: Mutex<State>
    private let now: @Sendable () -> Duration
    private let signal: AsyncStream<Void>.Continuation
    /// Tells that there may be something to publish.
    let changes: AsyncStream<Void>

    /// A feed of several outputs, the one that holds errors last.
    ///
    /// - Parameters:
    ///   - outputCount: How many outputs there are.
    ///   - configuration: How often, and how much.
    ///   - now: The time since the command's start.
    init(
        outputCount: Int,
        configuration: RunReporter.Configuration = RunReporter.Configuration(),
        now: @escaping @Sendable () -> Duration
    ) {
        self.now = now
        (changes, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        state = Mutex(
            State(
                scanners: Array(repeating: ProgressScanner(), count: outputCount),
                glances: Array(repeating: nil, count: outputCount),
                reporter: RunReporter(configuration: configuration)
            )
        )
    }

    /// Takes what an output wrote.
    func take(_ bytes: some RandomAccessCollection<UInt8>, from output: Int) {
        let now = now()
        state.withLock { state in
            guard !state.isFinished else { return }
            state.lastBytes = now
            let events = state.scanners[output].take(bytes)
            Self.take(events, from: output, at: now, into: &state)
        }
        signal.yield()
    }

    /// Says that no more will come, or that it will not be heard.
    func finish() {
        let now = now()
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            for output in state.scanners.indices {
                let events = state.scanners[output].finish()
                Self.take(events, from: output, at: now, into: &state)
            }
        }
        signal.finish()
    }

    private static func take(
        _ events: [ProgressScanner.Event],
        from output: Int,
        at now: Duration,
        into state: inout State
    ) {
        for event in events {
            state.reporter.take(event, at: now)
            if output == state.scanners.count - 1, case .line(let line) = event { state.tail.append(line) }
        }
        if !events.isEmpty { state.glances[output] = nil }
    }

    /// The report that is due now, if one is, and whether to ask again after a while.
    func takeReport() -> (report: ProgressReport?, isWaiting: Bool) {
        let now = now()
        return state.withLock { state in
            var isStanding = true
            for output in state.scanners.indices {
                guard let line = state.scanners[output].unfinishedLine, line != state.glances[output] else { continue }
                guard now - state.lastBytes >= Self.standing else {
                    isStanding = false
                    continue
                }
                state.glances[output] = line
                state.reporter.take(line, at: now)
            }
            let report = state.reporter.takeReport(at: now)
            return (report, !isStanding || state.reporter.isWaiting)
        }
    }

    /// What there is to tell with the end, or `nil` where all is told.
    func finalReport(isSuccess: Bool) -> ProgressReport? {
        let now = now()
        return state.withLock { $0.reporter.finalReport(isSuccess: isSuccess, at: now) }
    }

    /// The last lines of the output that holds errors.
    var lastLines: [String] { state.withLock { $0.tail.lines } }
}
