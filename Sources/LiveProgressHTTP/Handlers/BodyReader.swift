// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressWire

/// A reader of request bodies, by `Content-Type`.
struct BodyReader {
    /// The syntax of a body.
    enum Syntax {
        case empty
        case json
        case form
        case lines
    }

    /// The media types that `POST` and `PUT` accept.
    static let creation: [MediaType] = [.json, .form]
    /// The media types that `PATCH` accepts.
    static let reports: [MediaType] = [.json, .form, .ndjson]

    static var acceptPost: String { field(creation) }
    static var acceptPatch: String { field(reports) }

    let syntax: Syntax
    private let body: [UInt8]

    /// Creates a reader for the body of a call, and determines the syntax of the body.
    ///
    /// A body without `Content-Type` counts as JSON. An empty body is valid with any type.
    init(_ call: APICall, allowing types: [MediaType]) throws(Refusal) {
        try self.init(call.body, of: call.request, allowing: types)
    }

    /// Creates a reader for the body of a request without a route.
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
        // curl declares every body of `-d` as a form, and no field name of the API begins with a brace.
        if syntax == .form, body.first == UInt8(ascii: "{") {
            throw Refusal(
                ProgressProblem(
                    .invalidReport,
                    "The body looks like JSON but is declared to be a form. Send Content-Type: application/json."
                )
            )
        }
    }

    /// Decodes the report in the body; an empty body is an empty report.
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

    /// Checks that the body is empty or has no members.
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

    /// Decodes the answer to a question.
    func answer() throws(Refusal) -> AnswerBody {
        do throws(WireError) {
            return syntax == .form
                ? try AnswerBody(form: body) : try AnswerBody(json: body.isEmpty ? Array("{}".utf8) : body)
        } catch {
            throw Refusal(error)
        }
    }

    /// Decodes the body of a creation; an empty body means the defaults.
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

    /// Decodes the body of a creation as a report on an existing operation.
    ///
    /// The identifier, the parent and the lease in the body are ignored.
    func reportOnly() throws(Refusal) -> ProgressReport {
        do throws(Refusal) {
            return try report()
        } catch {
            return try creation().asReport
        }
    }

    /// Returns the lines of a batch with their numbers, which begin at 1, without blank lines.
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

/// The content of a `POST` or `PUT` body.
struct Creation {
    /// The identifier that the client has chosen; `nil` lets the server choose.
    var id: ProgressID?
    /// The options, which apply to the whole life of the operation.
    var options = ProgressOptions()
    /// The first report; `nil` if the body has nothing except ``options``.
    var report: ProgressReport?

    init() {}

    init(_ body: (id: ProgressID?, options: ProgressOptions, report: ProgressReport?)) {
        (id, options, report) = body
    }

    /// The labels of the new operation.
    var labels: [String: String] {
        var labels = options.labels
        for (name, value) in report?.labels ?? [:] { labels[name] = value.isEmpty ? nil : value }
        return labels
    }

    /// The first report, with the title, the labels and the cancellability of the options.
    var asReport: ProgressReport {
        var report = report ?? ProgressReport()
        report.title = report.title ?? options.title
        if report.labels == nil, !options.labels.isEmpty { report.labels = options.labels }
        if options.isCancellable { report.isCancellable = report.isCancellable ?? true }
        return report
    }
}
