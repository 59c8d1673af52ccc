// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension ProgressProblem {
    /// The kinds of problems that Live Progress itself reports; the raw value is the last part of the problem's type.
    ///
    /// Each kind has one title, and one HTTP status code if a response can have the problem. `docs/api/openapi.yaml`
    /// lists all kinds.
    package enum Kind: String, Sendable, CaseIterable {
        // Reasons why an operation failed.
        case abandoned, failed
        case workerLost = "worker-lost"
        case commandFailed = "command-failed"

        // Refusals by the core.
        case unknown, gone, ended
        case alreadyExists = "already-exists"
        case staleAttempt = "stale-attempt"
        case cursorMismatch = "cursor-mismatch"
        case notCancellable = "not-cancellable"
        case notWaiting = "not-waiting"
        case alreadyAnswered = "already-answered"
        case answerNotAccepted = "answer-not-accepted"
        case unanswered
        case invalidReport = "invalid-report"
        case tooManyOperations = "too-many-operations"
        case historyFull = "history-full"
        case storeUnavailable = "store-unavailable"

        // Refusals by the HTTP API.
        case unauthenticated, forbidden
        case hostNotServed = "host-not-served"
        case originNotAllowed = "origin-not-allowed"
        case malformedBody = "malformed-body"
        case malformedHeader = "malformed-header"
        case invalidQuery = "invalid-query"
        case invalidID = "invalid-id"
        case noSuchResource = "no-such-resource"
        case methodNotAllowed = "method-not-allowed"
        case notAcceptable = "not-acceptable"
        case unsupportedMediaType = "unsupported-media-type"
        case bodyTooLarge = "body-too-large"
        case idempotencyKeyReused = "idempotency-key-reused"
        case idempotencyKeyInUse = "idempotency-key-in-use"
        case invalidUpgrade = "invalid-upgrade"
        case webSocketVersion = "websocket-version"
        case noUpgradeHere = "no-upgrade-here"
        case shuttingDown = "shutting-down"

        // Limits.
        case tooManyWatchers = "too-many-watchers"
        case tooManyWatchersOfSubject = "too-many-watchers-of-subject"
        case tooManyOperationsOfSubject = "too-many-operations-of-subject"
        case tooManyReports = "too-many-reports"
        case tooManyConnections = "too-many-connections"
        case tooManyConnectionsOfAddress = "too-many-connections-of-address"

        // Refusals by a connection before it has a request.
        case malformedRequest = "malformed-request"
        case malformedHost = "malformed-host"
        case httpVersion = "http-version"
        case methodNotImplemented = "method-not-implemented"
        case transferCoding = "transfer-coding"
        case expectation
        case targetTooLong = "target-too-long"
        case headersTooLarge = "headers-too-large"
        case requestTimeout = "request-timeout"

        // Answers to a message of a watcher.
        case messagesAreText = "messages-are-text"
        case noMessages = "no-messages"
        case messageNotUnderstood = "message-not-understood"
        case renewalUnderWay = "renewal-under-way"

        /// Creates the kind that a problem's type names; returns `nil` if the type is not one of Live Progress.
        package init?(type: String) {
            guard type.hasPrefix(typePrefix) else { return nil }
            self.init(rawValue: String(type.dropFirst(typePrefix.count)))
        }

        /// The problem type, a URI.
        package var type: String { typePrefix + rawValue }
        /// The HTTP status code of a response with this problem.
        package var status: Int? { words.status }
        /// The title of the problem.
        package var title: String { words.title }

        private var words: (status: Int?, title: String) {
            switch self {
            case .abandoned: (nil, "Abandoned")
            case .failed: (nil, "Failed")
            case .workerLost: (nil, "Worker lost")
            case .commandFailed: (nil, "Command failed")

            case .unknown: (404, "Unknown operation")
            case .gone: (410, "Operation is gone")
            case .ended: (409, "Operation has ended")
            case .alreadyExists: (409, "Operation exists")
            case .staleAttempt: (409, "Attempt is over")
            case .cursorMismatch: (412, "Revision has changed")
            case .notCancellable: (409, "Operation cannot be cancelled")
            case .notWaiting: (409, "No open question")
            case .alreadyAnswered: (409, "Already answered")
            case .answerNotAccepted: (422, "Answer not accepted")
            case .unanswered: (nil, "Unanswered")
            case .invalidReport: (422, "Invalid report")
            case .tooManyOperations: (503, "Too many operations")
            case .historyFull: (503, "Report history is full")
            case .storeUnavailable: (503, "Store unavailable")

            case .unauthenticated: (401, "Not authenticated")
            case .forbidden: (403, "Forbidden")
            case .hostNotServed: (421, "Host not served")
            case .originNotAllowed: (403, "Origin not allowed")
            case .malformedBody: (400, "Malformed body")
            case .malformedHeader: (400, "Malformed header field")
            case .invalidQuery: (400, "Invalid query")
            case .invalidID: (422, "Invalid identifier")
            case .noSuchResource: (404, "No such resource")
            case .methodNotAllowed: (405, "Method not allowed")
            case .notAcceptable: (406, "Not acceptable")
            case .unsupportedMediaType: (415, "Unsupported media type")
            case .bodyTooLarge: (413, "Body too large")
            case .idempotencyKeyReused: (422, "Idempotency key reused")
            case .idempotencyKeyInUse: (409, "Idempotency key in use")
            case .invalidUpgrade: (400, "Invalid WebSocket upgrade")
            case .webSocketVersion: (426, "Unsupported WebSocket version")
            case .noUpgradeHere: (503, "No upgrade on this connection")
            case .shuttingDown: (503, "Shutting down")

            case .tooManyWatchers: (503, "Too many watchers")
            case .tooManyWatchersOfSubject: (429, "Too many watchers")
            case .tooManyOperationsOfSubject: (429, "Too many operations")
            case .tooManyReports: (429, "Too many reports")
            case .tooManyConnections: (503, "Too many connections")
            case .tooManyConnectionsOfAddress: (429, "Too many connections")

            case .malformedRequest: (400, "Malformed request")
            case .malformedHost: (400, "Malformed host")
            case .httpVersion: (505, "HTTP version not supported")
            case .methodNotImplemented: (501, "Method not implemented")
            case .transferCoding: (501, "Transfer coding not implemented")
            case .expectation: (417, "Expectation failed")
            case .targetTooLong: (414, "URI too long")
            case .headersTooLarge: (431, "Request header fields too large")
            case .requestTimeout: (408, "Request timeout")

            case .messagesAreText: (nil, "Messages are text")
            case .noMessages: (nil, "The list takes no messages")
            case .messageNotUnderstood: (nil, "Message not understood")
            case .renewalUnderWay: (nil, "Renewal under way")
            }
        }
    }

    /// The kind, or `nil` if the problem is not one of Live Progress.
    package var kind: Kind? { Kind(type: type) }

    /// Creates a problem of a kind.
    ///
    /// - Parameters:
    ///   - kind: The kind of the problem.
    ///   - detail: A sentence that says what happened and what the client can do.
    ///   - status: The HTTP status code, or `nil` for the kind's own.
    package init(_ kind: Kind, _ detail: String, status: Int? = nil) {
        self.init(type: kind.type, title: kind.title, status: status ?? kind.status, detail: detail)
    }
}
