// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgress

extension ProgressReportBody {
    /// Writes a report as JSON; omits the members that the report leaves unchanged.
    package static func encodeReport(_ report: ProgressReport) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        write(report, to: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// Writes the body that creates an operation as JSON; members of the report take precedence over the options.
    package static func encodeCreate(
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
        var report = report ?? ProgressReport()
        report.title = report.title ?? options.title
        report.labels = report.labels ?? (options.labels.isEmpty ? nil : options.labels)
        report.isCancellable = report.isCancellable ?? (options.isCancellable ? true : nil)
        report.lease = report.lease ?? options.lease
        write(report, to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ report: ProgressReport, to writer: inout JSONWriter) {
        for member in ReportMember.all { writer.write(member, of: report) }
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ member: ReportMember, of report: ProgressReport) {
        switch member.value {
        case .text(let path): write(member, report[keyPath: path]) { $0.write($1) }
        case .json(let path): write(member, report[keyPath: path]) { $0.write($1) }
        case .count(let path): write(member, report[keyPath: path]) { $0.write($1) }
        case .total(let path):
            write(member, report[keyPath: path]) { writer, total in
                if let count = total.count { writer.write(count) } else { writer.writeNull() }
            }
        case .fraction(let path): write(member, report[keyPath: path]) { $0.write($1) }
        case .units(let path): write(member, report[keyPath: path]) { $0.write($1) }
        case .flag(let path): write(member, report[keyPath: path]) { $0.write($1) }
        case .attempt(let path): write(member, report[keyPath: path]) { $0.write($1) }
        case .duration(let path): write(member, report[keyPath: path]) { $0.write($1) }
        case .labels(let path):
            write(member, report[keyPath: path]) { writer, labels in
                writer.write(JSONObject(labels.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }))
            }
        case .question(let path): write(member, report[keyPath: path]) { $1.write(to: &$0) }
        case .status: write(member, report.outcome) { $0.write($1.status.rawValue) }
        case .result:
            if case .succeeded(let result) = report.outcome { write(member, result) { $0.write($1) } }
        case .problem:
            if case .failed(let problem) = report.outcome { write(member, problem) { $1.write(to: &$0) } }
        }
    }

    /// Writes a member, or nothing if it has no value.
    private mutating func write<T>(_ member: ReportMember, _ value: T?, write: (inout JSONWriter, T) -> Void) {
        guard let value else { return }
        self.name(member.name)
        write(&self, value)
    }
}
