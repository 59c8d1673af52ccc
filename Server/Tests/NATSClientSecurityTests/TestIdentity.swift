// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Crypto
import Foundation

@testable import NATSClient

/// A key pair of an operator, an account or a user, which can sign JWTs as a NATS operator does.
struct TestIdentity {
    enum Kind: UInt8 {
        case `operator` = 14
        case account = 0
        case user = 20

        var name: String {
            switch self {
            case .operator: "operator"
            case .account: "account"
            case .user: "user"
            }
        }
    }

    private let kind: Kind
    private let key = Curve25519.Signing.PrivateKey()

    init(_ kind: Kind) { self.kind = kind }

    private var prefix: UInt8 { kind.rawValue << 3 }

    var publicKey: String { Self.encoded([prefix] + key.publicKey.rawRepresentation) }

    var seed: String {
        Self.encoded([18 << 3 | prefix >> 5, (prefix & 31) << 3] + key.rawRepresentation)
    }

    private static func encoded(_ bytes: [UInt8]) -> String {
        let checksum = CRC16.checksum(bytes[...])
        return Base32.encode(bytes + [UInt8(truncatingIfNeeded: checksum), UInt8(truncatingIfNeeded: checksum >> 8)])
    }

    /// Returns a JWT for another identity, signed by this one.
    func jwt(for subject: TestIdentity) throws -> String {
        var limits: [String: Any] = ["type": subject.kind.name, "version": 2]
        if subject.kind == .account {
            limits["limits"] = [
                "subs": -1, "conn": -1, "leaf": -1, "imports": -1, "exports": -1, "data": -1, "payload": -1,
                "wildcards": true,
            ]
        } else if subject.kind == .user {
            limits.merge(["subs": -1, "data": -1, "payload": -1]) { old, _ in old }
        }
        let claims: [String: Any] = [
            "jti": UUID().uuidString, "iat": Int(Date().timeIntervalSince1970), "iss": publicKey,
            "sub": subject.publicKey,
            "name": subject.kind.name, "nats": limits,
        ]
        let header = Self.base64(Data(#"{"typ":"JWT","alg":"ed25519-nkey"}"#.utf8))
        let body = "\(header).\(Self.base64(try JSONSerialization.data(withJSONObject: claims)))"
        return "\(body).\(Self.base64(try key.signature(for: Data(body.utf8))))"
    }

    private static func base64(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
