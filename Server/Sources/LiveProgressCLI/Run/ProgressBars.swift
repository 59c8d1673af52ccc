// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Which bars a command draws, and what they say of the whole: bars as they are drawn in, counts of the operation out.
///
/// The operation's counts are those of the first bar which lasts; many programs run through quick ones before. Where
/// there is a second one, beside it or after it, nobody knows what share of the whole each is: the bars that are over
/// are counted.
struct ProgressBars: Sendable, Hashable {
    /// How long a bar must go on before it counts as the operation's.
    let settling: Duration
    /// The bars that may be drawn again, the one drawn last at the end.
    private var bars: [ProgressBar] = []
    /// Bars that will not be drawn again.
    private var goneCount = 0
    /// Bars that are over, as it is told: what was told never falls.
    private var overCount = 0
    private var isSettled = false
    /// Whether the last bar is still there to be seen.
    private var isDrawn = false
    /// Whether all bars are over, and the next one is another.
    private var isEnded = false
    private var isSucceeded = false

    /// The most bars that are told apart.
    static let maximumCount = 16
    /// How long it takes at most until each of several bars has been drawn again.
    static let turn = Duration.milliseconds(600)
    /// How long a bar stands as it is, while others are drawn, until it is taken for over.
    static let standing = Duration.seconds(2)

    init(settling: Duration) {
        self.settling = settling
    }

    private var begunCount: Int { goneCount + bars.count }

    /// Whether ``settle(at:)`` may have something to tell later on, though nothing is drawn.
    var isWaiting: Bool { isSettled ? overCount < begunCount - 1 : isDrawn }

    /// How far the bar is that is drawn now, from 0 to 100.
    var percent: Double? { isDrawn ? bars.last?.percent : nil }

    /// The operation's counts, or `nil` where no bar has lasted yet.
    var counts: (completed: Int64, total: Int64?, unit: String)? {
        guard isSettled, let last = bars.last else { return nil }
        if begunCount == 1 { return last.counts }
        return (Int64(overCount), isSucceeded ? Int64(overCount) : nil, "phases")
    }

    /// Hears of a bar as it is drawn now.
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
            bar.advance(to: next)
            bars.append(bar)
        }
    }

    /// The bar that this one is, or follows.
    private func index(of next: ProgressBar) -> Int? {
        let named = bars.indices.reversed().filter { bars[$0].isNamed(as: next) }
        // Bars of the same name that are drawn in turn are told apart by how far they are.
        let going = named.filter {
            let isInTurn = !bars[$0].isLeft && next.lastDrawn - bars[$0].lastDrawn <= Self.turn
            return (isInTurn || $0 == named.first) && !bars[$0].isFollowed(by: next)
        }
        return going.min { bars[$0].distance(to: next) < bars[$1].distance(to: next) } ?? named.first
            ?? bars.lastIndex { $0.label == next.label } ?? bars.indices.last
    }

    /// Hears that no bar is to be seen for now.
    mutating func hide() {
        isDrawn = false
    }

    /// Hears that the bars drawn so far are over.
    mutating func end() {
        isDrawn = false
        // One that never left 0, or was quick, leaves its place to the next.
        if !isSettled || (begunCount == 1 && bars.allSatisfy { $0.percent == 0 }) {
            bars = []
            isSettled = false
        }
        isEnded = true
    }

    /// Hears that the command has done all it had to do.
    mutating func succeed() {
        isDrawn = false
        isSucceeded = true
        for index in bars.indices { bars[index].complete() }
        overCount = begunCount
    }

    /// Takes in what the time brings about, and gives whether that changed what there is to tell.
    mutating func settle(at now: Duration) -> Bool {
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
