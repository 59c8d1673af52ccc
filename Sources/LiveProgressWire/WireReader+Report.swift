// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension WireReader {
    /// Returns the report of the members; the caller reads the identifier and options of the operation.
    func report() throws(WireError) -> ProgressReport {
        var report = ProgressReport()
        for member in ReportMember.all where value(member.name) != nil { try read(member, into: &report) }
        return report
    }

    private func read(_ member: ReportMember, into report: inout ProgressReport) throws(WireError) {
        let name = member.name
        switch member.value {
        case .text(let path): report[keyPath: path] = try string(name)
        case .json(let path): report[keyPath: path] = value(name)
        case .count(let path): report[keyPath: path] = try count(name)
        case .total(let path):
            report[keyPath: path] = value(name)?.isNull == true ? .unknown : ProgressTotal(try count(name))
        case .fraction(let path): report[keyPath: path] = try fraction(name)
        case .units(let path): report[keyPath: path] = try units(name)
        case .flag(let path): report[keyPath: path] = try bool(name)
        case .attempt(let path): report[keyPath: path] = try attempt()
        case .duration(let path): report[keyPath: path] = try lease(name)
        case .labels(let path):
            report[keyPath: path] = try labels(maximumNameLength: ProgressReportBody.maximumLabelLength)
        case .question(let path): report[keyPath: path] = try questionChange(name)
        case .status, .result, .problem: report.outcome = try outcome()
        }
    }

    private func fraction(_ name: String) throws(WireError) -> Double? {
        guard let fraction = try number(name) else { return nil }
        guard ProgressReport.isFraction(fraction) else { throw error(name, "must be a number from 0 to 1") }
        return fraction
    }

    private func units(_ name: String) throws(WireError) -> Double? {
        guard let units = try number(name) else { return nil }
        guard ProgressReport.isUnits(units) else { throw error(name, "must be a number of units, 0 or more") }
        return units
    }

    /// Returns the lease of a worker; the member is in seconds.
    func lease(_ name: String) throws(WireError) -> Duration? {
        guard let seconds = try number(name) else { return nil }
        let maximum = ProgressReport.maximumLease.components.seconds
        guard seconds <= Double(maximum), ProgressReport.isLease(.seconds(seconds)) else {
            throw error(name, "must be more than 0 and at most \(maximum) seconds")
        }
        return .seconds(seconds)
    }

    /// Returns the outcome of `status`, with its `result` or `error`.
    private func outcome() throws(WireError) -> ProgressOutcome? {
        let status = try string("status").map { ProgressStatus(rawValue: $0) }
        if case .some(let status) = status, status?.isEnd != true {
            throw error("status", "must be one of succeeded, failed, cancelled")
        }
        let result = value("result").flatMap { $0.isNull ? .none : .some($0) }
        let problem = value("error").flatMap { $0.isNull ? .none : .some($0) }
        if result != nil, status != .succeeded { throw error("result", "is allowed only with the status succeeded") }
        if problem != nil, status != .failed { throw error("error", "is allowed only with the status failed") }
        switch status {
        case .succeeded: return .succeeded(result: result)
        case .failed: return .failed(try problem.map(failure) ?? .failure())
        case .cancelled: return .cancelled
        default: return nil
        }
    }

    /// Returns the problem of `error`: problem details, or only a text.
    private func failure(_ value: JSONValue) throws(WireError) -> ProgressProblem {
        if let text = value.stringValue { return .failure(text) }
        guard let members = value.objectValue else {
            throw error("error", "must be a string, or an object with type, title, detail")
        }
        return WireReader(members).problem()
    }
}
