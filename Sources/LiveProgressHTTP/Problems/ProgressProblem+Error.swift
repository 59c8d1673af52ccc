// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

extension ProgressProblem {
    /// The problem that a refusal of the core is to a client, over HTTP or in a WebSocket message.
    ///
    /// Its type ends with the name of the error's code, such as `urn:live-progress:problem:not-cancellable`.
    public init(refusal error: ProgressError) {
        switch error.code {
        case .unknown: self = Problems.unknown
        case .gone: self = Problems.make(error, 410, "Operation is gone", Problems.howToStartAnew)
        case .alreadyExists: self = Problems.make(error, 409, "Operation exists")
        case .ended: self = Problems.make(error, 409, "Operation has ended", Problems.howToStartAnew)
        case .staleAttempt: self = Problems.make(error, 409, "Attempt is over")
        case .cursorMismatch: self = Problems.make(error, 412, "Revision has changed")
        case .notCancellable: self = Problems.make(error, 409, "Operation cannot be cancelled")
        case .invalidReport: self = Problems.make(error, 422, "Invalid report")
        case .tooManyOperations: self = Problems.make(error, 503, "Too many operations")
        case .historyFull: self = Problems.make(error, 503, "Too much is kept")
        default: self = Problems.make(error, 409, "Request was refused")
        }
        if let limit = error.limit { extensions["limit"] = .string(limit.rawValue) }
    }
}

extension ProgressError {
    /// The limit of the service that was met, where it was one.
    var limit: ProgressLimit? {
        switch code {
        case .tooManyOperations: .operations
        case .historyFull: .historyBytes
        default: nil
        }
    }
}

extension Problems {
    /// PUT and PATCH never do.
    fileprivate static let howToStartAnew = " POST to /api/v1/progress with its id starts it anew."

    fileprivate static func make(
        _ error: ProgressError,
        _ status: Int,
        _ title: String,
        _ advice: String = ""
    ) -> ProgressProblem {
        make(error.code.name, status, title, error.message + advice)
    }
}
