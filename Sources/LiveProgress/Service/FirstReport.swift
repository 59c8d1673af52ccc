// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The request that creates an operation: its first report, if any, and the receipt of the request.
package struct FirstReport: Sendable {
    /// The first report; `nil` if the operation begins as pending.
    package var report: ProgressReport?
    /// The size of the request in bytes, counted in the service's history if there is a report.
    package var size = 0
    /// The receipt of the request, if its client may repeat the request.
    package var receipt: StoredOperation.Receipt?

    /// Creates a request; by default without a report.
    package init(report: ProgressReport? = nil, size: Int = 0, receipt: StoredOperation.Receipt? = nil) {
        self.report = report
        self.size = size
        self.receipt = receipt
    }
}

extension JournalState {
    /// Applies the first report to a new operation.
    mutating func apply(_ first: FirstReport, in dependencies: JournalDependencies) throws(ProgressError) {
        if let receipt = first.receipt { log.notes.append(0, bytes: 0, receipt: receipt) }
        guard let report = first.report else { return }
        // A worker that only names itself has not begun.
        if report.isEmpty {
            try report.validate()
            worker = report.worker
            return
        }
        try apply(report, now: dependencies.now())
        log.notes.append(log.newestRevision, bytes: first.size)
    }
}
