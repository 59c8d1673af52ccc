// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension ProgressReport {
    /// The maximum number of labels, and the maximum length of a label's name and of its value in UTF-8 bytes.
    static let labelLimits = (count: 64, length: 256)

    /// Checks the rules that do not depend on the operation.
    func validate() throws(ProgressError) {
        for member in ReportMember.all {
            switch member.value {
            case .count(let path): try Self.validate(self[keyPath: path], member.name)
            case .total(let path): try Self.validate(self[keyPath: path]?.count, member.name)
            case .fraction(let path): try Self.validate(fraction: self[keyPath: path], member.name)
            case .units(let path): try Self.validate(units: self[keyPath: path], member.name)
            case .labels(let path): try Self.validate(labels: self[keyPath: path] ?? [:])
            case .duration(let path): try Self.validate(lease: self[keyPath: path])
            case .question(let path):
                if case .ask(let question) = self[keyPath: path] { try question.validate() }
            case .text, .json, .flag, .attempt, .status, .result, .problem: break
            }
        }
        if let worker, !(1...Self.maximumWorkerLength).contains(worker.utf8.count) {
            throw ProgressError(.invalidReport, "worker has 1 to \(Self.maximumWorkerLength) bytes.")
        }
    }

    /// The longest lease: a year.
    package static let maximumLease = Duration.seconds(31_536_000)
    /// The longest identifier of a worker, in UTF-8 bytes.
    static let maximumWorkerLength = 128

    /// Returns whether a duration can be a lease.
    package static func isLease(_ duration: Duration) -> Bool { duration > .zero && duration <= maximumLease }

    private static func validate(lease: Duration?) throws(ProgressError) {
        guard let lease, !isLease(lease) else { return }
        throw ProgressError(.invalidReport, "lease is \(lease); a lease is more than 0 s and at most \(maximumLease).")
    }

    /// Returns whether a number is from 0 to 1; NaN is not.
    package static func isFraction(_ number: Double) -> Bool { (0...1).contains(number) }

    private static func validate(_ count: Int64?, _ name: String) throws(ProgressError) {
        guard let count, count < 0 else { return }
        throw ProgressError(.invalidReport, "\(name) is \(count); counts are 0 or more.")
    }

    private static func validate(fraction: Double?, _ name: String) throws(ProgressError) {
        guard let fraction, !isFraction(fraction) else { return }
        throw ProgressError(.invalidReport, "\(name) is \(fraction); a fraction is a number from 0 to 1.")
    }

    /// Returns whether a number can be a number of units; infinity and NaN cannot.
    package static func isUnits(_ number: Double) -> Bool { (0...9.2e18).contains(number) }

    private static func validate(units: Double?, _ name: String) throws(ProgressError) {
        guard let units, !isUnits(units) else { return }
        throw ProgressError(.invalidReport, "\(name) is \(units); a number of units is 0 or more.")
    }

    static func validate(labels: [String: String]) throws(ProgressError) {
        guard labels.count <= labelLimits.count else {
            throw ProgressError(.invalidReport, "An operation has at most \(labelLimits.count) labels.")
        }
        for (name, value) in labels {
            guard (1...labelLimits.length).contains(name.utf8.count), value.utf8.count <= labelLimits.length else {
                throw ProgressError(
                    .invalidReport,
                    "A label's name has 1 to \(labelLimits.length) bytes, and its value at most \(labelLimits.length)."
                )
            }
            // A query writes a label as NAME=VALUE, so a query could not select a name that contains "=".
            guard !name.utf8.contains(UInt8(ascii: "=")) else {
                throw ProgressError(.invalidReport, "A label's name must not contain \"=\"; its value may.")
            }
        }
    }
}

extension ProgressSnapshot {
    /// Applies a report to the snapshot.
    mutating func apply(_ report: ProgressReport, counts: ProgressCounts?) {
        status = statusAfterReport
        if let state = report.state {
            self.state = state
            details = report.details ?? .null
        } else if let details = report.details {
            self.details = details
        }
        self.counts = counts
        if report.changesHead { head.apply(report) }
        if let outcome = report.outcome { end(outcome, hasState: report.state != nil) }
    }

    /// Ends the operation; if the worker reported no last state, the state is the name of the outcome.
    mutating func end(_ outcome: ProgressOutcome, hasState: Bool = false) {
        head.outcome = outcome
        head.waitingFor = nil
        status = outcome.status
        guard !hasState else { return }
        state =
            switch outcome {
            case .succeeded: "Succeeded"
            case .failed: "Failed"
            case .cancelled: "Cancelled"
            }
    }
}

extension ProgressError {
    static func gone(_ id: ProgressID) -> ProgressError {
        ProgressError(.gone, "Operation \(id) was deleted, or its retention is over.")
    }

    static func alreadyExists(_ id: ProgressID) -> ProgressError {
        ProgressError(
            .alreadyExists,
            "Operation \(id) already exists. Choose another identifier, report on this operation, or recreate it after its end."
        )
    }

    static func unknown(_ id: ProgressID) -> ProgressError {
        ProgressError(.unknown, "There is no operation \(id). Check the identifier, or create it first.")
    }
}
