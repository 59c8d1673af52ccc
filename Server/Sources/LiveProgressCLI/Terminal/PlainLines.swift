// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The output of a watch for a log file or a pipe: one line for each important change.
///
/// A change of state, status, details or attempt is always written. A change of counts alone is written at most once
/// in ``interval``.
struct PlainLines {
    private var last: ProgressSnapshot?
    private var lastTime: Duration?
    /// The shortest time between two lines that differ only in their counts.
    let interval: Duration

    init(interval: Duration = .seconds(1)) {
        self.interval = interval
    }

    /// Returns the lines for an event, often none; `now` is the time since a fixed moment.
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
            || old.waitingFor?.number != new.waitingFor?.number
    }

    private static func shows(_ old: ProgressCounts?, like new: ProgressCounts?) -> Bool {
        old?.completedCount == new?.completedCount && old?.fractionCompleted == new?.fractionCompleted
    }

    /// Returns the line of ``ProgressLine`` without a bar and without a width limit.
    private static func text(_ snapshot: ProgressSnapshot) -> String {
        var line = ProgressLine(width: .max, usesColor: false, usesUnicode: false)
        line.hasBar = false
        return line.render(snapshot)
    }
}
