// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress
import LiveProgressClient

/// The exit statuses of the tool; statuses from 64 on follow sysexits.h and the shell.
package enum ExitStatus {
    static let succeeded: Int32 = 0
    package static let failed: Int32 = 1
    static let cancelled: Int32 = 3
    static let unknown: Int32 = 4
    static let usage: Int32 = 64
    static let invalidData: Int32 = 65
    static let noInput: Int32 = 66
    package static let unavailable: Int32 = 69
    static let internalFailure: Int32 = 70
    static let protocolError: Int32 = 76
    static let noPermission: Int32 = 77
    static let timedOut: Int32 = 124
    static let interrupted: Int32 = 130

    /// Returns the status for a failed call.
    static func of(_ error: ProgressClientError) -> Int32 {
        switch error.code {
        case .invalidURL, .unsupportedScheme: usage
        case .unreachable, .timedOut, .disconnected, .unavailable, .tooManyOperations: unavailable
        case .unknown, .gone: unknown
        case .invalidReport, .answerNotAccepted, .answerTooLarge: invalidData
        case .unauthenticated, .forbidden, .insecure: noPermission
        case .invalidAnswer: protocolError
        case .cancelled: interrupted
        default: failed
        }
    }

    /// Returns the status for the outcome of an operation.
    static func of(_ outcome: ProgressOutcome) -> Int32 {
        switch outcome {
        case .succeeded: succeeded
        case .failed: failed
        case .cancelled: cancelled
        }
    }
}

/// Runs a command's body; a client error is written to standard error and becomes the exit status.
func complaining<Value>(_ body: () async throws -> Value) async throws -> Value {
    do {
        return try await body()
    } catch let error as ProgressClientError {
        Console.complain(error.toolMessage)
        throw ExitCode(ExitStatus.of(error))
    }
}

extension ProgressClientError {
    /// The message for users of the tool; the details of a problem are for programs that send requests.
    var toolMessage: String {
        switch code {
        case .unknown where problem == nil:
            "There is no operation at this address, and perhaps no Live Progress server."
        case .unknown: "The server knows no such operation. `live-progress list` shows those that it has."
        case .gone:
            "The operation was deleted, or its retention is over. Use another identifier, or start it anew with `live-progress run`."
        case .unauthenticated:
            "The server needs a valid token: use --token or LIVE_PROGRESS_TOKEN, or a link with #token=…."
        case .forbidden: "The token does not permit this (\(problem?.detail ?? message))"
        default: message
        }
    }
}
