// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// What the copying threads find in the output, until the publishing task takes it.
///
/// The threads only scan. The task reads the lines (``RunReading``), so that a slow pattern of the user delays no output.
final class RunFeed: Sendable {
    /// An event in the output with this number, and its time since the command's start.
    typealias Found = (event: ProgressScanner.Event, output: Int, time: Duration)

    /// What has been found since the last batch.
    struct Batch: Sendable {
        var found: [Found]
        /// The unfinished lines without new bytes for a while, each once.
        var standing: [OutputLine]
        var time: Duration
        /// Whether to take another batch later, before the next change.
        var isWaiting: Bool
        var isFinished: Bool
    }

    private struct State {
        var scanners: [ProgressScanner]
        /// The unfinished lines that were returned last, by output.
        var glances: [OutputLine?]
        /// By output, so that a flood of one does not hide the other.
        var allowances: [ReadingAllowance]
        var found: [Found] = []
        var lastBytes = Duration.zero
        var isFinished = false
    }

    /// The time without new bytes before an unfinished line is returned, because its rest may follow.
    private static let standingTime = Duration.milliseconds(50)

    private let state: Mutex<State>
    private let now: @Sendable () -> Duration
    private let signal: AsyncStream<Void>.Continuation
    /// A stream that yields when there may be a batch to take.
    let changes: AsyncStream<Void>

    /// Creates a feed for several outputs; standard error is the last output.
    ///
    /// - Parameters:
    ///   - outputCount: The number of outputs.
    ///   - now: Returns the time since the command's start.
    init(outputCount: Int, now: @escaping @Sendable () -> Duration) {
        self.now = now
        (changes, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        state = Mutex(
            State(
                scanners: Array(repeating: ProgressScanner(), count: outputCount),
                glances: Array(repeating: nil, count: outputCount),
                allowances: Array(repeating: ReadingAllowance(), count: outputCount)
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
            for part in parts { Self.scan(part, from: output, at: now, into: &state) }
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
                    Self.scan(part, from: output, at: now, into: &state)
                }
                let events = state.scanners[output].finish()
                Self.add(events, from: output, at: now, to: &state)
            }
        }
        signal.finish()
    }

    /// Returns what has been found since the last call.
    func takeBatch() -> Batch {
        let now = now()
        return state.withLock { state in
            var standing: [OutputLine] = []
            var isWaiting = false
            for output in state.scanners.indices {
                if let part = state.allowances[output].takeTail(at: now) {
                    Self.scan(part, from: output, at: now, into: &state)
                }
                guard let line = state.scanners[output].unfinishedLine, line != state.glances[output] else { continue }
                guard now - state.lastBytes >= Self.standingTime else {
                    isWaiting = true
                    continue
                }
                state.glances[output] = line
                standing.append(line)
            }
            defer { state.found = [] }
            return Batch(
                found: state.found,
                standing: standing,
                time: now,
                isWaiting: isWaiting || state.allowances.contains(where: \.isHolding),
                isFinished: state.isFinished
            )
        }
    }

    private static func scan(_ part: ReadingAllowance.Part, from output: Int, at now: Duration, into state: inout State)
    {
        if part.isAfterGap { state.scanners[output].skipLine(to: part.screen) }
        add(state.scanners[output].take(part.bytes), from: output, at: now, to: &state)
    }

    private static func add(
        _ events: [ProgressScanner.Event],
        from output: Int,
        at now: Duration,
        to state: inout State
    ) {
        state.found += events.map { ($0, output, now) }
        if !events.isEmpty { state.glances[output] = nil }
    }
}
