// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressHTTP

extension RequestGuard {
    /// Why a connection is let go.
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
    /// The limit that was met, where it was one.
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

    /// What the client is told.
    var problem: ProgressProblem {
        var problem = bareProblem
        if let limit { problem.extensions["limit"] = .string(limit.rawValue) }
        return problem
    }

    private var bareProblem: ProgressProblem {
        switch self {
        case .malformed:
            Self.problem("malformed-request", 400, "Malformed request", "The bytes are no request of HTTP/1.1.")
        case .unsupportedVersion:
            Self.problem("http-version", 505, "HTTP version not supported", "Only HTTP/1.1 and HTTP/1.0 are spoken.")
        case .badHost(let detail):
            Self.problem("malformed-host", 400, "Malformed host", detail)
        case .badUpgrade(let detail):
            Self.problem("invalid-upgrade", 400, "Invalid WebSocket upgrade", detail)
        case .methodNotImplemented(let method):
            Self.problem("method-not-implemented", 501, "Method not implemented", "\(method) does nothing here.")
        case .unknownTransferCoding:
            Self.problem(
                "transfer-coding",
                501,
                "Transfer coding not implemented",
                "Send the body as chunked, or with its length."
            )
        case .expectationFailed:
            Self.problem("expectation", 417, "Expectation failed", "100-continue is all that can be expected.")
        case .targetTooLong(let limit):
            Self.problem("target-too-long", 414, "URI too long", "A target may have up to \(limit) bytes.")
        case .headersTooLarge:
            Self.problem("headers-too-large", 431, "Request header fields too large", "Send fewer or shorter fields.")
        case .bodyTooLarge(let limit):
            Self.problem("body-too-large", 413, "Content too large", "A request may carry up to \(limit) bytes.")
        case .slowHead, .slowBody:
            Self.problem(
                "request-timeout",
                408,
                "Request timeout",
                "The request did not arrive in time; send it again."
            )
        }
    }

    private static func problem(_ type: String, _ status: Int, _ title: String, _ detail: String) -> ProgressProblem {
        ProgressProblem(type: ProgressProblem.typePrefix + type, title: title, status: status, detail: detail)
    }
}
