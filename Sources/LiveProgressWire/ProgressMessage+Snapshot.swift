// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension ProgressSnapshot {
    /// Writes the members that every message has, between what stands before and after them.
    ///
    /// - Parameters:
    ///   - writer: Where the object has been begun.
    ///   - skipped: Written as `skipped` where it is not `nil`.
    func writeMembers(to writer: inout JSONWriter, skipped: UInt64? = nil) {
        writer.name("id")
        writer.write(id.rawValue)
        writer.name("cursor")
        writer.write(cursor.description)
        writer.name("revision")
        writer.write(revision)
        writer.name("attempt")
        writer.write(attempt)
        writer.name("status")
        writer.write(status.rawValue)
        writer.name("state")
        writer.write(state)
        writer.name("details")
        writer.write(details)
        writer.name("title")
        writer.write(optional: title)
        writer.name("progress")
        if let counts { counts.write(to: &writer) } else { writer.writeNull() }
        writer.name("parent")
        writer.write(optional: parent?.rawValue)
        writeLabels(to: &writer)
        writer.name("cancellable")
        writer.write(isCancellable)
        if let skipped {
            writer.name("skipped")
            writer.write(skipped)
        }
        writer.name("createdAt")
        writer.write(ProgressTimestamp.format(createdAt))
        writer.name("updatedAt")
        writer.write(ProgressTimestamp.format(updatedAt))
    }

    /// Writes how the operation ended: `result`, `null` where it has none, or `error`.
    func writeOutcome(to writer: inout JSONWriter) {
        switch outcome {
        case .succeeded(let result):
            writer.name("result")
            writer.write(result ?? .null)
        case .failed(let problem):
            writer.name("error")
            problem.write(to: &writer)
        case .cancelled, nil: break
        }
    }

    /// Labels are written sorted by name: the same snapshot is the same bytes.
    private func writeLabels(to writer: inout JSONWriter) {
        writer.name("labels")
        writer.beginObject()
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
        writer.name("completedCount")
        writer.write(completedCount)
        writer.name("totalCount")
        if let totalCount { writer.write(totalCount) } else { writer.writeNull() }
        writer.name("unit")
        writer.write(optional: unit)
        writer.name("fractionCompleted")
        writer.write(optional: fractionCompleted)
        writer.name("throughput")
        writer.write(optional: throughput)
        writer.name("estimatedTimeRemaining")
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
