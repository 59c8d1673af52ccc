// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

extension ProgressReportBody {
    /// Writes a report as JSON; what it leaves as it is, is left out.
    public static func encodeReport(_ report: ProgressReport) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        write(report, to: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// Writes the body that creates an operation as JSON; what the report says goes before the options.
    public static func encodeCreate(
        id: ProgressID? = nil,
        options: ProgressOptions = .init(),
        report: ProgressReport? = nil
    ) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        if let id {
            writer.member("id")
            writer.write(id.rawValue)
        }
        if let parent = options.parent {
            writer.member("parent")
            writer.write(parent.rawValue)
        }
        if let lease = options.lease {
            writer.member("lease")
            writer.write(lease / .seconds(1))
        }
        var report = report ?? ProgressReport()
        report.title = report.title ?? options.title
        report.labels = report.labels ?? (options.labels.isEmpty ? nil : options.labels)
        report.isCancellable = report.isCancellable ?? (options.isCancellable ? true : nil)
        write(report, to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ report: ProgressReport, to writer: inout JSONWriter) {
        writer.member("state", report.state) { $0.write($1) }
        writer.member("details", report.details) { $0.write($1) }
        writer.member("completedCount", report.completedCount) { $0.write($1) }
        writer.member("totalCount", report.totalCount) { writer, total in
            if let total { writer.write(total) } else { writer.writeNull() }
        }
        writer.member("unit", report.unit) { $0.write($1) }
        writer.member("advance", report.advance) { $0.write($1) }
        writer.member("baselineCount", report.baselineCount) { $0.write($1) }
        writer.member("fractionCompleted", report.fractionCompleted) { $0.write($1) }
        writer.member("title", report.title) { $0.write($1) }
        writer.member("labels", report.labels) { writer, labels in
            writer.write(JSONObject(labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
        }
        writer.member("cancellable", report.isCancellable) { $0.write($1) }
        writer.member("attempt", report.attempt) { $0.write($1) }
        writer.member("status", report.outcome) { $0.write($1.status.rawValue) }
        switch report.outcome {
        case .succeeded(let result): writer.member("result", result) { $0.write($1) }
        case .failed(let problem): writer.member("error", problem) { $1.write(to: &$0) }
        case .cancelled, nil: break
        }
    }
}

extension JSONWriter {
    /// Writes a member, or nothing where it has no value.
    fileprivate mutating func member<T>(_ name: String, _ value: T?, write: (inout JSONWriter, T) -> Void) {
        guard let value else { return }
        self.name(name)
        write(&self, value)
    }
}
