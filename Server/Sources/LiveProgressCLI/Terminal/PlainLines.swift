// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// What a log file or a pipe gets of an operation: a line when something changed that a reader would want to know,
/// instead of a line for each tick.
struct PlainLines {
    private var last: ProgressSnapshot?
    private var lastTime: Duration?
    /// The shortest time between two lines that differ by their counts only.
    let interval: Duration

    init(interval: Duration = .seconds(1)) {
        self.interval = interval
    }

    /// The lines for an event, often none; `now` is the time since some fixed moment.
    mutating func lines(for event: ProgressEvent, now: Duration) -> [String] {
        let snapshot = event.snapshot
        let isNews = last.map { Self.differ($0, snapshot) } ?? true
        if !isNews, event.skipped == 0 {
            if let lastTime, now - lastTime < interval { return [] }
            if let last, Self.shows(last.counts, like: snapshot.counts) { return [] }
        }
        last = snapshot
        lastTime = now
        let gap = event.skipped > 0 ? ["(\(event.skipped) revisions skipped)"] : []
        return gap + [Self.text(snapshot)]
    }

    private static func differ(_ old: ProgressSnapshot, _ new: ProgressSnapshot) -> Bool {
        old.state != new.state || old.status != new.status || old.details != new.details || old.attempt != new.attempt
    }

    private static func shows(_ old: ProgressCounts?, like new: ProgressCounts?) -> Bool {
        old?.completedCount == new?.completedCount && old?.fractionCompleted == new?.fractionCompleted
    }

    /// One line with all that ``ProgressLine`` would show, but no bar and no width.
    private static func text(_ snapshot: ProgressSnapshot) -> String {
        var line = ProgressLine(width: .max, usesColor: false, usesUnicode: false)
        line.hasBar = false
        return line.render(snapshot)
    }
}
