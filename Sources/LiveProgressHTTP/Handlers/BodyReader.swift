// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire

/// Reads the bodies of requests, by their `Content-Type`.
struct BodyReader {
    /// How a body is written.
    enum Syntax {
        case empty
        case json
        case form
        case lines
    }

    /// What `POST` takes.
    static let creation: [MediaType] = [.json, .form]
    /// What `PATCH` takes.
    static let reports: [MediaType] = [.json, .form, .ndjson]

    static var acceptPost: String { field(creation) }
    static var acceptPatch: String { field(reports) }

    let syntax: Syntax
    private let body: [UInt8]

    /// Finds out how a body is written.
    ///
    /// Without `Content-Type` it is taken for JSON. An empty body says nothing, whatever its type.
    init(_ exchange: Exchange, allowing types: [MediaType]) throws(Refusal) {
        try self.init(exchange.body, of: exchange.request, allowing: types)
    }

    /// The same for a request that has no route.
    init(_ bytes: [UInt8], of request: HTTPRequest, allowing types: [MediaType]) throws(Refusal) {
        body = bytes
        guard !body.isEmpty else {
            syntax = .empty
            return
        }
        let text = request.headerFields[.contentType] ?? MediaType.json.description
        guard let type = MediaType(text), type.isUTF8, types.contains(type) else {
            let name = request.method == .patch ? HTTPField.Name.acceptPatch : .acceptPost
            throw Refusal(Problems.unsupportedMediaType(types), [name: Self.field(types)])
        }
        switch type {
        case .form: syntax = .form
        case .ndjson: syntax = .lines
        default: syntax = .json
        }
        // curl calls whatever -d gives it a form; no name of ours begins with a brace.
        if syntax == .form, body.first == UInt8(ascii: "{") {
            throw Refusal(
                ProgressProblem(
                    .invalidReport,
                    "The body looks like JSON but is declared to be a form. Send Content-Type: application/json."
                )
            )
        }
    }

    /// The one report that the body holds; none says nothing.
    func report() throws(Refusal) -> ProgressReport {
        do throws(WireError) {
            switch syntax {
            case .empty: return ProgressReport()
            case .form: return try ProgressReportBody.decodeReport(form: body)
            case .json, .lines: return try ProgressReportBody.decodeReport(json: body)
            }
        } catch {
            throw Refusal(error)
        }
    }

    /// Checks that the body says nothing.
    func requireNothing() throws(Refusal) {
        do throws(WireError) {
            switch syntax {
            case .empty: break
            case .form: try ProgressReportBody.checkEmpty(form: body)
            case .json, .lines: try ProgressReportBody.checkEmpty(json: body)
            }
        } catch {
            throw Refusal(error)
        }
    }

    /// What the body says about an operation to create; none leaves everything as it is by default.
    func creation() throws(Refusal) -> Creation {
        do throws(WireError) {
            switch syntax {
            case .empty: return Creation()
            case .form: return Creation(try ProgressReportBody.decodeCreate(form: body))
            case .json, .lines: return Creation(try ProgressReportBody.decodeCreate(json: body))
            }
        } catch {
            throw Refusal(error)
        }
    }

    /// What the body of a creation says about an operation that is there already.
    ///
    /// Its identifier, parent and lease stay what they are; everything else is a report.
    func reportOnly() throws(Refusal) -> ProgressReport {
        do throws(Refusal) {
            return try report()
        } catch {
            return try creation().asReport
        }
    }

    /// The lines of a batch with their numbers, from 1; empty ones are left out.
    func lines() -> [(number: Int, bytes: ArraySlice<UInt8>)] {
        var result: [(number: Int, bytes: ArraySlice<UInt8>)] = []
        for (index, line) in body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if line.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") && $0 != UInt8(ascii: "\r") })
            {
                result.append((index + 1, line))
            }
        }
        return result
    }

    private static func field(_ types: [MediaType]) -> String {
        types.map(\.description).joined(separator: ", ")
    }
}

/// What the body of a `POST` or `PUT` says.
struct Creation {
    /// The identifier that the client has chosen.
    var id: ProgressID?
    /// What holds for the operation's whole life.
    var options = ProgressOptions()
    /// The first report, where it says more than ``options``.
    var report: ProgressReport?

    init() {}

    init(_ body: (id: ProgressID?, options: ProgressOptions, report: ProgressReport?)) {
        (id, options, report) = body
    }

    /// The labels that the new operation will bear.
    var labels: [String: String] {
        var labels = options.labels
        for (name, value) in report?.labels ?? [:] { labels[name] = value.isEmpty ? nil : value }
        return labels
    }

    /// The same as a report, as far as it can be.
    var asReport: ProgressReport {
        var report = report ?? ProgressReport()
        report.title = report.title ?? options.title
        if report.labels == nil, !options.labels.isEmpty { report.labels = options.labels }
        if options.isCancellable { report.isCancellable = report.isCancellable ?? true }
        return report
    }
}
