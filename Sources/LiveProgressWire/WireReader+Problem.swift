// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension WireReader {
    /// Returns problem details (RFC 9457 section 3.1); ignores members of a wrong type.
    func problem() -> ProgressProblem {
        let type = object["type"]?.stringValue ?? "about:blank"
        var problem = ProgressProblem(
            type: type,
            title: object["title"]?.stringValue ?? ProgressProblem.Kind.failed.title
        )
        problem.status = object["status"]?.intValue.flatMap { Int(exactly: $0) }
        problem.detail = object["detail"]?.stringValue
        problem.instance = object["instance"]?.stringValue
        for (name, value) in object where ProgressProblem.standardMembers.first(withBytesOf: name) == nil {
            problem.extensions[name] = value
        }
        return problem
    }
}

extension ProgressProblem {
    /// The names of the members that RFC 9457 defines.
    static let standardMembers = ["type", "title", "status", "detail", "instance"]

    /// Returns the problem of a failure for which the worker gave at most a text.
    static func failure(_ detail: String? = nil) -> ProgressProblem {
        ProgressProblem(.failed, detail ?? "The worker reported a failure without saying why.")
    }

    /// Writes the problem as an object; omits members without a value, as RFC 9457 permits.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("type")
        writer.write(type)
        writer.member("title")
        writer.write(title)
        if let status {
            writer.member("status")
            writer.write(status)
        }
        if let detail {
            writer.member("detail")
            writer.write(detail)
        }
        if let instance {
            writer.member("instance")
            writer.write(instance)
        }
        for (name, value) in extensions where Self.standardMembers.first(withBytesOf: name) == nil {
            writer.name(name)
            writer.write(value)
        }
        writer.endObject()
    }
}
