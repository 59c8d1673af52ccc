// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Why something failed: the problem details of RFC 9457.
///
/// ```swift
/// ProgressProblem(type: "https://example.com/problems/no-space", title: "Disk full", detail: "/var has 0 bytes left")
/// ```
public struct ProgressProblem: Sendable, Hashable, Error {
    /// A URI that names the kind of problem; `about:blank` where the title says it all.
    public var type: String
    /// A short summary of the kind of problem, the same for every occurrence.
    public var title: String
    /// The HTTP status of this occurrence, where it has one.
    public var status: Int?
    /// What happened this time, and what can be done about it.
    public var detail: String?
    /// A URI that names this occurrence.
    public var instance: String?
    /// Further members of this kind of problem.
    public var extensions: JSONObject

    /// A problem with the given members.
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

    /// The problem that an error tells of: itself where it is one, else its type's name and its description.
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
    public static let typePrefix = "urn:live-progress:problem:"

    /// The worker was released, or its process left, without ending the operation.
    public static let abandoned = ProgressProblem(
        .abandoned,
        "The tracker was released without an end having been reported."
    )

    /// The worker fell silent for longer than its lease and the grace after it.
    public static let workerLost = ProgressProblem(
        .workerLost,
        "The worker has not reported within its lease, nor within the grace after it."
    )

    /// A command that `live-progress run` ran did not succeed.
    @_spi(Server) public static func commandFailed(_ detail: String, _ members: JSONObject) -> ProgressProblem {
        var problem = ProgressProblem(.commandFailed, detail)
        problem.extensions = members
        return problem
    }
}
