// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import JWTKit
import LiveProgress
import LiveProgressHTTP
import Logging

/// Reads the files of keys, and the key set again whenever it has changed.
struct KeyFiles: Sendable {
    let configuration: AuthorizationConfiguration
    let logger: Logger
    var clock = ProgressClock.system

    /// Reads all keys; an absent secret file is made.
    ///
    /// - Throws: ``ServerConfigurationError`` that says which file is wrong, and how.
    func load(creates: Bool = true) async throws(ServerConfigurationError) -> TokenKeys {
        TokenKeys(own: try await own(creates: creates), foreign: try await foreign())
    }

    /// Looks at the key set from time to time, until the task is cancelled.
    ///
    /// A new set that cannot be read leaves the keys that there are, and is logged, once for each change.
    func watch(_ authorizer: TokenAuthorizer) async {
        guard let path = configuration.keySetFile else { return }
        var known = Self.mark(of: path)
        while (try? await clock.sleep(clock.now() + configuration.keySetInterval)) != nil {
            let mark = Self.mark(of: path)
            guard mark != known else { continue }
            known = mark
            do throws(ServerConfigurationError) {
                authorizer.use(try await load(creates: false))
                logger.notice("The key set was read again", metadata: ["file": "\(path)"])
            } catch {
                logger.error("The key set stays as it was", metadata: ["error": "\(error)"])
            }
        }
    }

    private func own(creates: Bool) async throws(ServerConfigurationError) -> [TokenKey] {
        guard let path = configuration.secretFile else { return [] }
        var keys: [TokenKey] = []
        for secret in try SecretFile.load(at: path, creates: creates) {
            do {
                keys.append(try await TokenKey(secret: secret))
            } catch {
                // The error of a library might tell of the secret.
                throw ServerConfigurationError("The secret file \(path) holds a key that is of no use: \(secret.id).")
            }
        }
        return keys
    }

    private func foreign() async throws(ServerConfigurationError) -> [TokenKey] {
        guard let path = configuration.keySetFile else { return [] }
        do {
            let set = try JSONDecoder().decode(JWKS.self, from: Data(contentsOf: URL(filePath: path)))
            var keys: [TokenKey] = []
            for key in set.keys { keys.append(try await TokenKey(key)) }
            guard !keys.isEmpty else { throw TokenKeyError("it holds no key") }
            return keys
        } catch {
            throw ServerConfigurationError("The key set \(path) cannot be read: \(error).")
        }
    }

    /// What changes when a file does.
    private static func mark(of path: String) -> [String] {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return [] }
        return [.modificationDate, .size, .systemFileNumber].map { key in attributes[key].map { "\($0)" } ?? "" }
    }
}
