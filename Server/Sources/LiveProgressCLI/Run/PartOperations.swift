// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient

/// The operations of the parts that programs report (OSC 7501), below the operation of the run.
///
/// A part ends with the program's `done` or `error`. A part that is removed before has been cancelled, and the parts that are left at
/// the end of the command end as the command does.
struct PartOperations: Sendable {
    private struct Part {
        let tracker: ProgressTracker
        var status: ProgramStatus
    }

    /// The largest number of operations that a run begins for parts; the details of the run show further parts.
    static let maximumCount = 1000

    private let root: ProgressID
    private let begin: @Sendable (ProgressOptions) -> ProgressTracker?
    private var parts: [[String]: Part] = [:]
    private var records = ProgramRecords()
    /// The operations of parts that were cleared or have begun again.
    private var ended: [ProgressTracker] = []
    private var count = 0

    /// Creates an empty set.
    ///
    /// - Parameters:
    ///   - root: The operation of the run.
    ///   - begin: Begins an operation, or returns `nil` if it cannot.
    init(of root: ProgressID, begin: @escaping @Sendable (ProgressOptions) -> ProgressTracker?) {
        self.root = root
        self.begin = begin
    }

    /// Applies reports in their order; the only record is the run's own, unless it was a part before.
    mutating func apply(_ statuses: [ProgramStatus]) {
        for status in statuses {
            records.apply(status)
            clear(status)
            let whole = records.whole
            for record in records.belowRoot {
                let known = parts[record.path]?.status
                if record != known, known != nil || record != whole { show(record) }
            }
        }
    }

    private mutating func clear(_ status: ProgramStatus) {
        for (other, part) in parts where status.clears(other) {
            if !part.status.isEnd { part.tracker.end(.cancelled) }
            ended.append(part.tracker)
            parts[other] = nil
        }
    }

    /// Ends all operations as the command has ended.
    func end(_ outcome: ProgressOutcome) {
        for part in parts.values where !part.status.isEnd { Self.finish(part.tracker, outcome.withoutDetails) }
    }

    /// Waits until the server has all operations; returns a warning about those that it does not have.
    ///
    /// The server has the run's own end by then, so a part that is still missing is refused, or waits for many others.
    func missing() async -> String? {
        let outcomes = await withTaskGroup { group in
            for tracker in ended + parts.values.map(\.tracker) {
                group.addTask { await Self.delivery(of: tracker) }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let reasons = outcomes.compactMap(\.self)
        guard let first = reasons.first else { return nil }
        return "\(reasons.count) of \(outcomes.count) parts could not be published: \(first)"
    }

    /// Returns why the server does not have the end of an operation, or `nil`.
    private static func delivery(of tracker: ProgressTracker) async -> String? {
        do {
            return try await tracker.delivered(within: patience) ? nil : "the server does not accept them now"
        } catch let error as ProgressClientError {
            // Another process may have ended it.
            return error.code == .ended ? nil : error.message
        } catch {
            return "\(error)"
        }
    }

    /// The longest time to wait for the parts after the run's own end.
    private static let patience = Duration.seconds(1)

    private mutating func show(_ record: ProgramStatus) {
        var known = parts[record.path]
        // A part that begins again after its end is a new operation.
        if let part = known, part.status.isEnd, !record.isEnd {
            ended.append(part.tracker)
            known = nil
        }
        guard let tracker = known?.tracker ?? beginPart(record) else { return }
        var report = record.report
        let question = known?.status.question
        if record.question != question { report.waitingFor = record.question.map { .ask($0) } ?? .withdraw }
        tracker.report(report)
        if record.isEnd { Self.finish(tracker, record.outcome) }
        parts[record.path] = Part(tracker: tracker, status: record)
    }

    /// Ends an operation; a success completes its bar.
    private static func finish(_ tracker: ProgressTracker, _ outcome: ProgressOutcome) {
        if case .succeeded = outcome, let total = tracker.snapshot()?.counts?.totalCount {
            tracker.report(ProgressReport(completedCount: total))
        }
        tracker.end(outcome)
    }

    private mutating func beginPart(_ record: ProgramStatus) -> ProgressTracker? {
        guard count < Self.maximumCount else { return nil }
        count += 1
        let ancestors = record.path.indices.dropFirst().reversed().map { Array(record.path[..<$0]) }
        let parent = ancestors.compactMap { parts[$0]?.tracker.id }.first
        return begin(ProgressOptions(title: record.title ?? record.path.joined(separator: "/"), parent: parent ?? root))
    }
}

extension ProgressOutcome {
    /// The outcome of the command, without its result and its lines, for a part.
    fileprivate var withoutDetails: ProgressOutcome {
        switch self {
        case .succeeded: .succeeded()
        case .failed(let problem): .failed(ProgressProblem(type: problem.type, title: problem.title))
        case .cancelled: .cancelled
        }
    }
}

extension ProgramStatus {
    /// Whether the part has ended, until it begins again.
    fileprivate var isEnd: Bool { state == .done || state == .error }

    fileprivate var outcome: ProgressOutcome {
        guard state == .error else { return .succeeded() }
        return .failed(ProgressProblem(title: text ?? "The program reported an error."))
    }

    private var word: String {
        switch state {
        case .idle: "Idle"
        case .working: "Working"
        case .blocked: "Waiting"
        case .done: "Done"
        case .error: "Failed"
        case .clear: "Removed"
        }
    }

    fileprivate var report: ProgressReport {
        var report = ProgressReport(state: text ?? word)
        if let percent {
            report.completedCount = Int64(percent)
            report.totalCount = 100
            report.unit = "%"
        }
        return report
    }
}
