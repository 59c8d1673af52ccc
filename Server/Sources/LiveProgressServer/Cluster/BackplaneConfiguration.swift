// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
package import NATSClient

/// The NATS servers over which several servers share their operations.
package struct BackplaneConfiguration: Sendable {
    /// The largest request body, so that an operation with its details and its result fits into one message of NATS.
    package static let maximumBodySize = 480 << 10

    /// The addresses of the NATS servers.
    package var servers: [NATSAddress]
    /// The credentials at the NATS servers.
    package var credentials = NATSCredentials.address
    /// The path of a PEM file with the certificate authorities of the NATS servers; `nil` for those of the system.
    package var authorities: String?
    /// The start of all names; servers with another namespace do not see each other.
    package var namespace = "live-progress"
    /// The name of this server among the others.
    package var nodeName: String

    /// Reads the values of the keys `backplane`, `backplaneCreds`, `backplaneCA`, `backplaneNamespace` and `nodeName`.
    ///
    /// - Returns: `nil` without the key `backplane`.
    init?(_ values: ConfigurationValues) throws(ServerConfigurationError) {
        let file = try values.string("backplaneCreds")
        authorities = try values.string("backplaneCA")
        namespace = try values.string("backplaneNamespace") ?? namespace
        nodeName = try values.string("nodeName") ?? Self.hostName
        guard Self.isName(namespace, atMost: 32) else {
            throw ServerConfigurationError("backplaneNamespace must have 1 to 32 letters, digits, - and _.")
        }
        guard Self.isName(nodeName, atMost: 40) else {
            throw ServerConfigurationError("nodeName must have 1 to 40 letters, digits, - and _.")
        }
        guard let text = try values.string("backplane"), !text.isEmpty else {
            guard file == nil, authorities == nil else {
                throw ServerConfigurationError("Credentials need a backplane: set --backplane or backplane as well.")
            }
            return nil
        }
        do throws(NATSError) {
            servers = try NATSAddress.list(text)
            if let file { credentials = try NATSCredentials(file: Self.contents(of: file)) }
        } catch {
            throw ServerConfigurationError("The backplane cannot be used. \(error)")
        }
    }

    private static func contents(of file: String) throws(NATSError) -> String {
        do {
            return try String(contentsOf: URL(filePath: file), encoding: .utf8)
        } catch {
            throw NATSError(.invalid, "The credentials file \(file) does not exist, or cannot be read as text.")
        }
    }

    private static func isName(_ text: String, atMost limit: Int) -> Bool {
        (1...limit).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// The first part of the machine's name.
    private static var hostName: String {
        let name = ProcessInfo.processInfo.hostName.prefix { $0 != "." }.prefix(40)
        return isName(String(name), atMost: 40) ? String(name) : "node"
    }
}
