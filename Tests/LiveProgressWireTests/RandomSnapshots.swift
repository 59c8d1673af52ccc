// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
@_spi(Server) import LiveProgress
import LiveProgressTesting

/// A generator of random snapshots; the same seed gives the same snapshots.
struct RandomSnapshots: RandomNumberGenerator {
    private var source: SeededGenerator

    init(seed: UInt64) {
        source = SeededGenerator(seed: seed)
    }

    mutating func next() -> UInt64 { source.next() }

    /// Returns a random event.
    ///
    /// As in a journal, an event of kind snapshot always has a value for `resumed`.
    mutating func event() -> ProgressEvent {
        let snapshot = snapshot()
        let kind: ProgressEvent.Kind = snapshot.outcome != nil ? .end : Bool.random(using: &self) ? .update : .snapshot
        let resumed: Bool? = kind == .snapshot || Bool.random(using: &self) ? Bool.random(using: &self) : nil
        return ProgressEvent(kind: kind, snapshot: snapshot, skipped: next() >> 40, resumed: resumed)
    }

    mutating func snapshot() -> ProgressSnapshot {
        let outcome = outcome()
        let open: [ProgressStatus] = [.pending, .running, .waiting, .stalled, .cancelling]
        return ProgressSnapshot(
            id: ProgressID(UUID().uuidString)!,
            cursor: ProgressCursor(epoch: String(next(), radix: 36), revision: next()),
            attempt: Int(next() >> 50) + 1,
            status: outcome?.status ?? open.randomElement(using: &self)!,
            state: text(),
            details: value(depth: 3),
            title: Bool.random(using: &self) ? text() : nil,
            counts: Bool.random(using: &self) ? counts() : nil,
            parent: Bool.random(using: &self) ? ProgressID("p-\(next())") : nil,
            labels: Dictionary(
                (0..<Int.random(in: 0..<4, using: &self)).map { _ in ("n" + text(), text()) },
                uniquingKeysWith: { $1 }
            ),
            isCancellable: .random(using: &self),
            outcome: outcome,
            waitingFor: outcome == nil && Bool.random(using: &self) ? openQuestion() : nil,
            lastAnswer: Bool.random(using: &self) ? answer() : nil,
            createdAt: date(),
            updatedAt: date()
        )
    }

    private mutating func openQuestion() -> ProgressQuestion.Open {
        ProgressQuestion.Open(
            number: Int(next() >> 12),
            question: ProgressQuestion(
                text(),
                choices: (0..<Int.random(in: 0..<3, using: &self)).map { _ in text() },
                default: Bool.random(using: &self) ? text() : nil,
                kind: ProgressQuestion.Kind.allCases.randomElement(using: &self)!
            ),
            askedAt: date(),
            deadline: Bool.random(using: &self) ? date() : nil
        )
    }

    private mutating func answer() -> ProgressAnswer {
        ProgressAnswer(
            number: Int(next() >> 12),
            message: text(),
            answer: Bool.random(using: &self) ? text() : nil,
            answeredBy: Bool.random(using: &self) ? text() : nil,
            answeredAt: date(),
            isExpired: .random(using: &self)
        )
    }

    /// Returns a report in which each member is randomly set or absent.
    mutating func report() -> ProgressReport {
        var report = ProgressReport()
        if Bool.random(using: &self) { report.state = text() }
        if Bool.random(using: &self) { report.details = value(depth: 3) }
        if Bool.random(using: &self) { report.unitsOfParts = Double(next() >> 40) / 8 }
        if Bool.random(using: &self) { report.baselineCount = Int64(next() >> 1) }
        if Bool.random(using: &self) { report.fractionCompleted = Double.random(in: 0...1, using: &self) }
        if Bool.random(using: &self) { report.completedCount = Int64(next() >> 1) }
        if Bool.random(using: &self) {
            report.totalCount = Bool.random(using: &self) ? .count(Int64(next() >> 1)) : .unknown
        }
        if Bool.random(using: &self) { report.unit = text() }
        if Bool.random(using: &self) { report.advance = Int64(next() >> 1) }
        if Bool.random(using: &self) { report.title = text() }
        if Bool.random(using: &self) { report.labels = ["n" + text(): text()] }
        if Bool.random(using: &self) { report.isCancellable = .random(using: &self) }
        if Bool.random(using: &self) { report.attempt = Int(next() >> 40) + 1 }
        report.outcome = outcome()
        return report
    }

    mutating func text() -> String {
        let ranges: [ClosedRange<UInt32>] = [
            0...0x1F, 0x20...0x7E, 0x20...0x7E, 0xA0...0x2FF, 0x4E00...0x9FFF, 0x1F300...0x1F6FF,
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0..<16, using: &self) {
            let scalar = UInt32.random(in: ranges.randomElement(using: &self)!, using: &self)
            text.unicodeScalars.append(Unicode.Scalar(scalar)!)
        }
        return text
    }

    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &self) {
        case 0: return .null
        case 1: return .bool(.random(using: &self))
        case 2: return .integer(Int64(bitPattern: next()))
        case 3: return .number(.random(in: -1000...1000, using: &self))
        case 4: return .string(text())
        case 5: return .array((0..<3).map { _ in value(depth: depth - 1) })
        default: return .object(JSONObject((0..<3).map { _ in (text(), value(depth: depth - 1)) }))
        }
    }

    private mutating func counts() -> ProgressCounts {
        ProgressCounts(
            completedCount: Int64(next() >> 1),
            totalCount: Bool.random(using: &self) ? Int64(next() >> 1) : nil,
            unit: Bool.random(using: &self) ? text() : nil,
            fractionCompleted: Bool.random(using: &self) ? .random(in: 0...1, using: &self) : nil,
            throughput: Bool.random(using: &self) ? .random(in: 0...1e9, using: &self) : nil,
            estimatedTimeRemaining: Bool.random(using: &self) ? .random(in: 0...1e6, using: &self) : nil
        )
    }

    /// Returns a random outcome.
    ///
    /// A result of JSON null becomes no result, because the wire does not distinguish them.
    private mutating func outcome() -> ProgressOutcome? {
        switch Int.random(in: 0..<6, using: &self) {
        case 0: return .cancelled
        case 1:
            let result = value(depth: 2)
            return .succeeded(result: result.isNull ? .none : .some(result))
        case 2:
            return .failed(
                ProgressProblem(
                    type: "urn:x:\(next())",
                    title: text(),
                    status: Bool.random(using: &self) ? Int(next() >> 32) : nil,
                    detail: Bool.random(using: &self) ? text() : nil,
                    instance: Bool.random(using: &self) ? text() : nil,
                    extensions: JSONObject([("x" + text(), value(depth: 1))])
                )
            )
        default: return nil
        }
    }

    /// Returns a date with whole milliseconds between the years 1970 and 2100.
    private mutating func date() -> Date {
        Date(timeIntervalSince1970: Double(UInt64.random(in: 0..<4_102_444_800_000, using: &self)) / 1000)
    }
}
