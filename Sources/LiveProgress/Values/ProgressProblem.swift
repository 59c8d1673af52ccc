// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The description of a failure: the problem details of RFC 9457.
///
/// ```swift
/// ProgressProblem(type: "https://example.com/problems/no-space", title: "Disk full", detail: "/var has 0 bytes left")
/// ```
public struct ProgressProblem: Sendable, Hashable, Error {
    /// A URI that names the kind of problem; `about:blank` if the title says everything.
    public var type: String
    /// A short summary of the kind of problem, the same for every occurrence.
    public var title: String
    /// The HTTP status code of this occurrence, or `nil`.
    public var status: Int?
    /// A text that says what happened this time and what to do.
    public var detail: String?
    /// A URI that names this occurrence.
    public var instance: String?
    /// The further members of this kind of problem.
    public var extensions: JSONObject

    /// Creates a problem with the given members.
    public init(
        type: String = "about:blank",
        title: String,
        status: Int? = nil,
        detail: String? = nil,
        instance: String? = nil,
        extensions: JSONObject = [:]
    ) {
        self.type = type
        self.title = title
        self.status = status
        self.detail = detail
        self.instance = instance
        self.extensions = extensions
    }

    /// Creates a problem from an error: a `ProgressProblem` itself, or the error's type name and description.
    public init(_ error: any Error) {
        if let problem = error as? ProgressProblem {
            self = problem
        } else {
            self.init(title: String(describing: Swift.type(of: error)), detail: String(describing: error))
        }
    }
}

extension ProgressProblem {
    /// The prefix of every problem type that Live Progress itself reports.
    package static let typePrefix = "urn:live-progress:problem:"

    /// The tracker of the operation was released without an end.
    public static let abandoned = ProgressProblem(
        .abandoned,
        "The tracker was released before an end was reported."
    )

    /// The worker was silent for longer than its lease and the grace period after the lease.
    public static let workerLost = ProgressProblem(
        .workerLost,
        "The worker sent no report within its lease and the grace period after it."
    )

    /// Returns the problem of a command of `live-progress run` that did not succeed.
    @_spi(Server) public static func commandFailed(_ detail: String, _ members: JSONObject) -> ProgressProblem {
        var problem = ProgressProblem(.commandFailed, detail)
        problem.extensions = members
        return problem
    }
}
