// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// The conversion of output bytes to reports: the copying threads add bytes, the publishing task takes reports.
final class RunFeed: Sendable {
    private struct State {
        var scanners: [ProgressScanner]
        /// The unfinished lines that were read last, by output.
        var glances: [OutputLine?]
        /// By output, so that a flood of one does not hide the other.
        var allowances: [ReadingAllowance]
        var reporter: RunReporter
        var tail = OutputTail()
        var lastBytes = Duration.zero
        var isFinished = false
    }

    /// The time without new bytes before an unfinished line is read, because its rest may follow.
    private static let standing = Duration.milliseconds(50)

    private let state: Mutex<State>
    private let now: @Sendable () -> Duration
    private let signal: AsyncStream<Void>.Continuation
    /// A stream that yields when there may be a report to publish.
    let changes: AsyncStream<Void>

    /// Creates a feed for several outputs; standard error is the last output.
    ///
    /// - Parameters:
    ///   - outputCount: The number of outputs.
    ///   - configuration: The frequency and the size of reports.
    ///   - patterns: The user's own profiles, which are tried first.
    ///   - now: Returns the time since the command's start.
    init(
        outputCount: Int,
        configuration: RunReporter.Configuration = RunReporter.Configuration(),
        patterns: [ParseProfile] = [],
        now: @escaping @Sendable () -> Duration
    ) {
        self.now = now
        (changes, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        state = Mutex(
            State(
                scanners: Array(repeating: ProgressScanner(), count: outputCount),
                glances: Array(repeating: nil, count: outputCount),
                allowances: Array(repeating: ReadingAllowance(), count: outputCount),
                reporter: RunReporter(configuration: configuration, profile: OutputProfiles.all(after: patterns))
            )
        )
    }

    /// Adds bytes of an output.
    func take(_ bytes: some RandomAccessCollection<UInt8>, from output: Int) {
        let now = now()
        state.withLock { state in
            guard !state.isFinished else { return }
            state.lastBytes = now
            let parts = state.allowances[output].take(bytes, at: now)
            for part in parts { Self.read(part, from: output, at: now, into: &state) }
        }
        signal.yield()
    }

    /// Ends the feed; later bytes are ignored.
    func finish() {
        let now = now()
        state.withLock { state in
            guard !state.isFinished else { return }
            state.isFinished = true
            for output in state.scanners.indices {
                if let part = state.allowances[output].takeTail() {
                    Self.read(part, from: output, at: now, into: &state)
                }
                let events = state.scanners[output].finish()
                Self.take(events, from: output, at: now, into: &state)
            }
        }
        signal.finish()
    }

    private static func read(_ part: ReadingAllowance.Part, from output: Int, at now: Duration, into state: inout State)
    {
        if part.isAfterGap { state.scanners[output].skipLine(to: part.screen) }
        take(state.scanners[output].take(part.bytes), from: output, at: now, into: &state)
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

    /// Returns the report that is due now, if any, and whether to call this function again later, before the next change.
    func takeReport() -> (report: ProgressReport?, isWaiting: Bool) {
        let now = now()
        return state.withLock { state in
            var isStanding = true
            for output in state.scanners.indices {
                if let part = state.allowances[output].takeTail(at: now) {
                    Self.read(part, from: output, at: now, into: &state)
                }
                guard let line = state.scanners[output].unfinishedLine, line != state.glances[output] else { continue }
                guard now - state.lastBytes >= Self.standing else {
                    isStanding = false
                    continue
                }
                state.glances[output] = line
                state.reporter.take(line, at: now)
            }
            let report = state.reporter.takeReport(at: now)
            let isHolding = state.allowances.contains(where: \.isHolding)
            let isWaiting = !isStanding || isHolding || state.reporter.isWaiting
            return (report, isWaiting && !state.isFinished)
        }
    }

    /// Returns the last report before the end, or `nil` if everything is reported.
    func finalReport(isSuccess: Bool) -> ProgressReport? {
        let now = now()
        return state.withLock { $0.reporter.finalReport(isSuccess: isSuccess, at: now) }
    }

    /// Returns what programs have reported since the last call, in order.
    func takeStatuses() -> [ProgramStatus] { state.withLock { $0.reporter.takeStatuses() } }

    /// The last lines of standard error.
    var lastLines: [String] { state.withLock { $0.tail.lines } }
}
