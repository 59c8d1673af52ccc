// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// What this worker has changed in the title and the labels of an operation, which others may change too.
struct OwnHead: Sendable {
    private var hasTitle = false
    private var labels: Set<String> = []

    /// Notes what a change of the worker has changed.
    mutating func note(from known: ProgressSnapshot, to snapshot: ProgressSnapshot) {
        if snapshot.title != known.title { hasTitle = true }
        guard snapshot.labels != known.labels else { return }
        for (name, value) in snapshot.labels where known.labels[name] != value { labels.insert(name) }
        for name in known.labels.keys where snapshot.labels[name] == nil { labels.insert(name) }
    }

    /// Adds what the worker has changed to a report, but not what others have.
    func add(of snapshot: ProgressSnapshot, to report: inout ProgressReport) {
        if hasTitle { report.title = snapshot.title }
        // An operation has at most 64 labels, and so has a report.
        guard !labels.isEmpty, labels.count <= 64 else { return }
        report.labels = labels.reduce(into: [:]) { $0[$1] = snapshot.labels[$1] ?? "" }
    }
}
