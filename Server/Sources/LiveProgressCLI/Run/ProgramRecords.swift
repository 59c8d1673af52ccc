// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The records that programs keep by OSC 7501, at most ``maximumCount``, the least recently updated first.
struct ProgramRecords: Sendable, Hashable {
    static let maximumCount = 256
    /// The number of records in the details of a report.
    private static let shownCount = 16

    private var records: [ProgramStatus] = []

    /// Whether there has been a report since the last reset.
    private(set) var isUsed = false

    /// Applies a report: it replaces the record of its path.
    mutating func apply(_ status: ProgramStatus) {
        isUsed = true
        records.removeAll { $0.path == status.path || status.clears($0.path) }
        guard status.state != .clear else { return }
        records.append(status)
        if records.count > Self.maximumCount { records.removeFirst() }
    }

    /// Removes all records, as a terminal does when it is reset.
    mutating func reset() { self = ProgramRecords() }

    /// Removes the records of programs that have ended, because a shell shows its prompt.
    mutating func dropRunning() {
        records.removeAll(where: \.isRunning)
    }

    /// Returns reports that clear the records of running programs, and no others.
    func clearedRunning() -> [ProgramStatus] {
        records.filter(\.isRunning).map { record in
            var record = record
            record.state = .clear
            record.clearsBelow = false
            return record
        }
    }

    /// The record of the whole work: the root record, or the only record.
    var whole: ProgramStatus? {
        records.first { $0.path.isEmpty } ?? (records.count == 1 ? records.first : nil)
    }

    /// What the root record says, or else the newest record; one that waits for a person comes first.
    var step: String? {
        let told = records.filter { $0.text != nil }
        let root = told.first { $0.path.isEmpty }
        guard let record = root ?? told.last(where: { $0.state == .blocked }) ?? told.last, let text = record.text
        else {
            return nil
        }
        return record.state == .blocked ? "Waiting: \(text)" : text
    }

    /// The records below the root record, the least recently updated first.
    var belowRoot: [ProgramStatus] { records.filter { !$0.path.isEmpty } }

    /// The records of the parts, for the details of a report; `nil` without parts.
    var details: JSONValue? {
        let whole = whole
        let parts = belowRoot.filter { $0 != whole }.suffix(Self.shownCount)
        guard !parts.isEmpty else { return nil }
        return .array(
            parts.map { part in
                var members: JSONObject = [
                    "id": .string(part.path.joined(separator: "/")), "state": .string(part.state.rawValue),
                ]
                if let text = part.text { members["text"] = .string(text) }
                if let percent = part.percent { members["percentComplete"] = .number(percent) }
                return .object(members)
            }
        )
    }
}
