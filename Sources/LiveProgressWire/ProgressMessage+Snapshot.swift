// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgress

extension ProgressSnapshot {
    /// Writes the members that every full message has; the caller begins and ends the object.
    ///
    /// - Parameters:
    ///   - writer: The writer, in which the object has begun.
    ///   - text: The known text of the details, if any; records where the details are written.
    ///   - skipped: The value of the member `skipped`, or `nil` to omit the member.
    func writeMembers(to writer: inout JSONWriter, details text: inout DetailsText, skipped: UInt64? = nil) {
        writer.member("id")
        writer.write(id.rawValue)
        writer.member("cursor")
        writer.write(cursor)
        writer.member("revision")
        writer.write(revision)
        writer.member("attempt")
        writer.write(attempt)
        writer.member("status")
        writer.write(status.rawValue)
        writer.member("state")
        writer.write(state)
        writer.member("details")
        text.write(details, to: &writer)
        writer.member("title")
        writer.write(optional: title)
        writer.member("progress")
        if let counts { counts.write(to: &writer) } else { writer.writeNull() }
        writer.member("parent")
        writer.write(optional: parent?.rawValue)
        writeLabels(to: &writer)
        writer.member("cancellable")
        writer.write(isCancellable)
        writeQuestion(to: &writer)
        if let skipped {
            writer.member("skipped")
            writer.write(skipped)
        }
        writer.member("createdAt")
        writer.writeText { ProgressTimestamp.append(createdAt, to: &$0) }
        writer.member("updatedAt")
        writer.writeText { ProgressTimestamp.append(updatedAt, to: &$0) }
    }

    /// Writes the outcome: `result` (`null` without a result) or `error`.
    func writeOutcome(to writer: inout JSONWriter) {
        switch outcome {
        case .succeeded(let result):
            writer.member("result")
            writer.write(result ?? .null)
        case .failed(let problem):
            writer.member("error")
            problem.write(to: &writer)
        case .cancelled, nil: break
        }
    }

    /// Writes the labels sorted by name, so that equal snapshots have equal bytes.
    private func writeLabels(to writer: inout JSONWriter) {
        writer.member("labels")
        writer.beginObject()
        if labels.isEmpty { return writer.endObject() }
        for (name, value) in labels.sorted(by: { $0.key < $1.key }) {
            writer.name(name)
            writer.write(value)
        }
        writer.endObject()
    }
}

extension ProgressCounts {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("completedCount")
        writer.write(completedCount)
        writer.member("totalCount")
        if let totalCount { writer.write(totalCount) } else { writer.writeNull() }
        writer.member("unit")
        writer.write(optional: unit)
        writer.member("fractionCompleted")
        writer.write(optional: fractionCompleted)
        writer.member("throughput")
        writer.write(optional: throughput)
        writer.member("estimatedTimeRemaining")
        writer.write(optional: estimatedTimeRemaining)
        writer.endObject()
    }
}

extension JSONWriter {
    fileprivate mutating func write(optional text: String?) {
        if let text { write(text) } else { writeNull() }
    }

    fileprivate mutating func write(optional number: Double?) {
        if let number { write(number) } else { writeNull() }
    }
}

extension WireReader {
    /// Returns the snapshot of a message; ignores unknown members.
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
            waitingFor: try openQuestion(),
            lastAnswer: try lastAnswer(),
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
        case .pending, .running, .waiting, .stalled, .cancelling: nil
        }
    }
}
