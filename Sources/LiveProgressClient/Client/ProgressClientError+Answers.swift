// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWebSocket

extension ProgressClientError {
    /// Creates the error that an HTTP response with an error status reports.
    ///
    /// The type of the problem takes precedence, because one status stands for several refusals. Without a problem, as
    /// in the response of a proxy, the status decides.
    init(status: Int, problem: ProgressProblem?, retryAfter: Duration?) {
        let code = problem?.kind.flatMap { Self.code(of: $0) } ?? Self.code(status: status)
        self.init(code, Self.message(status: status, problem: problem), problem: problem, retryAfter: retryAfter)
    }

    /// Creates the error that the close of a WebSocket reports.
    init(_ close: WebSocketCloseReason) {
        let code: Code =
            switch WebSocketCloseCode(rawValue: close.code) {
            case .unauthenticated: .unauthenticated
            case .forbidden: .forbidden
            case .unknown: .unknown
            case .removed: .gone
            case .protocolError, .unsupportedData, .invalidPayload, .policyViolation, .messageTooBig: .refused
            default: close.code == 1010 || 4500...4999 ~= close.code ? .refused : .disconnected
            }
        let reason = close.reason.last == "." ? close.reason.dropLast() : close.reason[...]
        let said = reason.isEmpty ? "" : ": \(reason)"
        self.init(code, "The server closed the connection (\(close.code))\(said).")
    }

    private static let codesOfProblems: [Code] = [
        .unknown, .gone, .alreadyExists, .ended, .staleAttempt, .cursorMismatch, .notCancellable, .invalidReport,
        .notWaiting, .alreadyAnswered, .answerNotAccepted, .tooManyOperations, .unauthenticated, .forbidden,
    ]

    private static func code(of kind: ProgressProblem.Kind) -> Code? {
        codesOfProblems.first { $0 == Code(kind) }
    }

    private static func code(status: Int) -> Code {
        switch status {
        // For example a web page, or a redirect to one.
        case 100..<400, 405, 501: .invalidAnswer
        case 401: .unauthenticated
        case 403: .forbidden
        case 404: .unknown
        case 410: .gone
        case 412: .cursorMismatch
        case 400, 413, 415, 422: .invalidReport
        case 408, 425, 429, 500, 502, 503, 504: .unavailable
        default: .refused
        }
    }

    private static func message(status: Int, problem: ProgressProblem?) -> String {
        guard let problem else { return "The server answered with status \(status)." }
        guard let detail = problem.detail, !detail.isEmpty else { return problem.title }
        return detail
    }
}
