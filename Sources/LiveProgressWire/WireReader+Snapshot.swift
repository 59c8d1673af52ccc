// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension WireReader {
    /// The snapshot that the members of a message make; members that are not known are passed over.
    func snapshot() throws(WireError) -> ProgressSnapshot {
        let statusName = try required("status", try string("status"))
        guard let status = ProgressStatus(rawValue: statusName) else {
            let names = ProgressStatus.allCases.map(\.rawValue).joined(separator: ", ")
            throw error("status", "must be one of \(names)")
        }
        guard let cursor = ProgressCursor(try required("cursor", try string("cursor"))) else {
            throw error("cursor", "must be an epoch and a revision, such as k3f9-42")
        }
        return ProgressSnapshot(
            id: try required("id", try id("id")),
            cursor: cursor,
            attempt: try attempt() ?? 1,
            status: status,
            state: try required("state", try string("state")),
            details: value("details") ?? .null,
            title: try string("title"),
            counts: try counts(),
            parent: try id("parent"),
            labels: try labels() ?? [:],
            isCancellable: try bool("cancellable") ?? false,
            outcome: try outcome(of: status),
            createdAt: try required("createdAt", try date("createdAt")),
            updatedAt: try required("updatedAt", try date("updatedAt"))
        )
    }

    private func counts() throws(WireError) -> ProgressCounts? {
        guard let members = try object("progress") else { return nil }
        let reader = WireReader(members, prefix: "progress.")
        return ProgressCounts(
            completedCount: try reader.count("completedCount") ?? 0,
            totalCount: try reader.count("totalCount"),
            unit: try reader.string("unit"),
            fractionCompleted: try reader.number("fractionCompleted"),
            throughput: try reader.number("throughput"),
            estimatedTimeRemaining: try reader.number("estimatedTimeRemaining")
        )
    }

    private func outcome(of status: ProgressStatus) throws(WireError) -> ProgressOutcome? {
        switch status {
        case .succeeded: .succeeded(result: value("result"))
        case .failed: .failed(try object("error").map { WireReader($0).problem() } ?? .failure())
        case .cancelled: .cancelled
        case .pending, .running, .stalled, .cancelling: nil
        }
    }
}
