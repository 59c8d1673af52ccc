// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

extension ProgressProblem {
    /// Creates the problem that reports an error of the core to a client, over HTTP or in a WebSocket message.
    ///
    /// The problem's `type` ends with the name of the error's code, such as
    /// `urn:live-progress:problem:not-cancellable`.
    @_spi(Server) public init(refusal error: ProgressError) {
        switch error.code {
        case .unknown: self = Problems.unknown
        // PUT and PATCH cannot replace such an operation, so the text names POST.
        case .gone, .ended:
            self.init(error.code.kind, error.message + " To start a new run, POST its id to /api/v1/progress.")
        default: self.init(error.code.kind, error.message)
        }
        if let limit = error.limit { extensions["limit"] = .string(limit.rawValue) }
    }
}

extension ProgressError {
    /// The service's limit that caused the error; `nil` if no limit did.
    var limit: ProgressLimit? {
        switch code {
        case .tooManyOperations: .operations
        case .historyFull: .historyBytes
        default: nil
        }
    }
}
