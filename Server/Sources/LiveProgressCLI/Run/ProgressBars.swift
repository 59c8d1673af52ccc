// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The bars that a command draws, and the operation's counts that follow from them: drawn bars in, counts out.
///
/// The counts are those of the first bar that lasts for ``settling``, because many programs first draw short bars. With a
/// second bar, the share of each bar is unknown. The counts are then the number of finished bars.
struct ProgressBars: Sendable, Hashable {
    /// The time for which a bar must be drawn before it determines the operation's counts.
    let settling: Duration
    /// The bars that may be drawn again, the most recently drawn bar last.
    private var bars: [ProgressBar] = []
    /// The number of bars that will not be drawn again.
    private var goneCount = 0
    /// The reported number of finished bars; never falls.
    private var overCount = 0
    private var isSettled = false
    /// Whether the last bar is still visible.
    private var isDrawn = false
    /// Whether all bars have ended, so that the next bar is a new one.
    private var isEnded = false
    private var isSucceeded = false

    /// The maximum number of bars that are distinguished.
    static let maximumCount = 16
    /// The longest time between two drawings of a bar while several bars are drawn in turn.
    static let turn = Duration.milliseconds(600)
    /// The time after which a bar counts as finished if only other bars are drawn.
    static let standing = Duration.seconds(2)

    init(settling: Duration) {
        self.settling = settling
    }

    private var begunCount: Int { goneCount + bars.count }

    /// Whether ``settle(at:)`` may change the counts later, even if nothing more is drawn.
    var isWaiting: Bool { isSettled ? overCount < begunCount - 1 : isDrawn }

    /// The percentage of the visible bar, from 0 to 100.
    var percent: Double? { isDrawn ? bars.last?.percent : nil }

    /// The operation's counts, or `nil` if no bar has lasted long enough yet.
    var counts: (completed: Int64, total: Int64?, unit: String)? {
        guard isSettled, let last = bars.last else { return nil }
        if begunCount == 1 { return last.counts }
        return (Int64(overCount), isSucceeded ? Int64(overCount) : nil, "phases")
    }

    /// Records a drawn bar.
    mutating func draw(_ next: ProgressBar) {
        if isEnded {
            goneCount += bars.count
            bars = []
            isEnded = false
        }
        isDrawn = true
        guard let index = index(of: next) else { return bars.append(next) }
        if bars[index].isFollowed(by: next) {
            bars.append(next)
            guard bars.count > Self.maximumCount else { return }
            bars.removeFirst()
            goneCount += 1
        } else {
            var bar = bars.remove(at: index)
            bar.update(to: next)
            bars.append(bar)
        }
    }

    /// Returns the index of the bar that the newly drawn bar continues or follows.
    private func index(of next: ProgressBar) -> Int? {
        let named = bars.indices.reversed().filter { bars[$0].isNamed(as: next) }
        // The percentage distinguishes bars of the same name that are drawn in turn.
        let going = named.filter {
            let isInTurn = !bars[$0].isLeft && next.lastDrawn - bars[$0].lastDrawn <= Self.turn
            return (isInTurn || $0 == named.first) && !bars[$0].isFollowed(by: next)
        }
        return going.min { bars[$0].distance(to: next) < bars[$1].distance(to: next) } ?? named.first
            ?? bars.lastIndex { $0.label == next.label } ?? bars.indices.last
    }

    /// Records that no bar is visible now.
    mutating func hide() {
        isDrawn = false
    }

    /// Records that the bars drawn so far have ended.
    mutating func end() {
        isDrawn = false
        // Forget a single bar that stayed at 0 % or did not last, so that the next bar determines the counts.
        if !isSettled || (begunCount == 1 && bars.allSatisfy { $0.percent == 0 }) {
            bars = []
            isSettled = false
        }
        isEnded = true
    }

    /// Records the success of the command: all bars are complete.
    mutating func succeed() {
        isDrawn = false
        isSucceeded = true
        for index in bars.indices { bars[index].complete() }
        overCount = begunCount
    }

    /// Applies the changes that depend on time, and returns whether the state has changed.
    mutating func applyTime(_ now: Duration) -> Bool {
        let before = self
        if !isSettled, isDrawn, let last = bars.last {
            let lasting = bars.dropLast().filter { $0.lasted(settling) }
            if !lasting.isEmpty || now - last.start >= settling {
                isSettled = true
                bars = lasting + [last]
                goneCount = 0
            }
        }
        if isSettled { overCount = max(overCount, goneCount + bars.indices.count { isOver($0, at: now) }) }
        return self != before
    }

    private func isOver(_ index: Int, at now: Duration) -> Bool {
        let bar = bars[index]
        return isEnded || bar.isComplete || (index < bars.count - 1 && now - bar.lastDrawn >= Self.standing)
    }
}
