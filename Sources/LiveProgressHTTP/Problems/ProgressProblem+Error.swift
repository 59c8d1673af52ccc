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
        // PUT and PATCH never start anew.
        case .gone, .ended:
            self.init(error.code.kind, error.message + " POST to /api/v1/progress with its id starts it anew.")
        default: self.init(error.code.kind, error.message)
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
