// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The error in a response of JetStream.
struct APIError: Decodable {
    private let code: Int
    private let detail: Int?
    private let description: String?

    private enum CodingKeys: String, CodingKey {
        case code
        case detail = "err_code"
        case description
    }

    /// The error of a call; the numbers are those of the server's `errors.json`.
    var natsError: NATSError {
        let number = detail ?? code
        return NATSError(Self.kind(of: number), "JetStream refuses: \(description ?? "no description") (\(number)).")
    }

    private static func kind(of number: Int) -> NATSError.Code {
        switch number {
        case 10071, 10164: .wrongLastSequence
        case 10037: .messageNotFound
        case 10059: .streamNotFound
        case 10058: .streamExists
        case 10005, 10008, 10009, 10023, 503: .unavailable
        case 10074: .replicasNotSupported
        case 10039, 10076: .notEnabled
        default: .refused
        }
    }
}
