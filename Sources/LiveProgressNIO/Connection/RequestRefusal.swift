// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressHTTP

extension RequestGuard {
    /// The reason for a refusal, after which the connection closes.
    enum Refusal: Equatable {
        case malformed
        case unsupportedVersion
        case badHost(String)
        case badUpgrade(String)
        case methodNotImplemented(String)
        case unknownTransferCoding
        case expectationFailed
        case targetTooLong(limit: Int)
        case headersTooLarge
        case bodyTooLarge(limit: Int)
        case slowHead
        case slowBody
    }
}

extension RequestGuard.Refusal {
    /// The limit that the request exceeded; `nil` if the refusal has another reason.
    var limit: ProgressLimit? {
        switch self {
        case .targetTooLong: .targetSize
        case .headersTooLarge: .headerSize
        case .bodyTooLarge: .bodySize
        case .slowHead: .headTime
        case .slowBody: .bodyTime
        default: nil
        }
    }

    /// The problem that the client receives.
    var problem: ProgressProblem {
        var problem = bareProblem
        if let limit { problem.extensions["limit"] = .string(limit.rawValue) }
        return problem
    }

    private var bareProblem: ProgressProblem {
        switch self {
        case .malformed:
            ProgressProblem(.malformedRequest, "The bytes are not a valid HTTP/1.1 request.")
        case .unsupportedVersion:
            ProgressProblem(.httpVersion, "Only HTTP/1.1 and HTTP/1.0 are supported.")
        case .badHost(let detail):
            ProgressProblem(.malformedHost, detail)
        case .badUpgrade(let detail):
            ProgressProblem(.invalidUpgrade, detail)
        case .methodNotImplemented(let method):
            .methodNotImplemented(method)
        case .unknownTransferCoding:
            ProgressProblem(
                .transferCoding,
                "Send the body in chunks, or with a Content-Length."
            )
        case .expectationFailed:
            ProgressProblem(.expectation, "The only supported expectation is 100-continue.")
        case .targetTooLong(let limit):
            .targetTooLong(limit: limit)
        case .headersTooLarge:
            ProgressProblem(.headersTooLarge, "Send fewer or shorter fields.")
        case .bodyTooLarge(let limit):
            ProgressProblem(.bodyTooLarge, "A request may carry up to \(limit) bytes.")
        case .slowHead, .slowBody:
            ProgressProblem(
                .requestTimeout,
                "The request did not arrive in time; send it again."
            )
        }
    }
}
