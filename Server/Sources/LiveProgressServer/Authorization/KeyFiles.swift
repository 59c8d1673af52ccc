// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
@_spi(Server) import LiveProgressHTTP
import Logging

/// Reads the key files, and reads them again after each change.
struct KeyFiles: Sendable {
    let configuration: AuthorizationConfiguration
    let logger: Logger
    var clock = ProgressClock.system

    /// Reads all keys.
    ///
    /// - Parameter creates: Whether to create an absent secret file.
    /// - Returns: The keys of both files.
    /// - Throws: ``ServerConfigurationError`` that names the file and the fault.
    func load(creates: Bool = true) throws(ServerConfigurationError) -> TokenKeys {
        TokenKeys(own: try own(creates: creates), foreign: try foreign())
    }

    /// Checks the files for changes at each interval, until the task is cancelled.
    ///
    /// If changed files cannot be read, the old keys stay in use; the failure is logged once for each change.
    ///
    /// - Parameters:
    ///   - authorizer: The authorizer that uses the keys.
    ///   - mark: The value of ``mark`` before the files were last read.
    func watch(_ authorizer: TokenAuthorizer, since mark: [String]) async {
        var known = mark
        while (try? await clock.sleep(clock.now() + configuration.keyFileInterval)) != nil {
            let mark = self.mark
            guard mark != known else { continue }
            known = mark
            renew(authorizer)
        }
    }

    /// Reads the files again and logs the result; blocks the thread while it reads.
    func renew(_ authorizer: TokenAuthorizer) {
        do throws(ServerConfigurationError) {
            // A missing secret file is a mistake here: with a new key, the server would refuse every existing token.
            authorizer.use(try load(creates: false))
            logger.notice("The keys were read again", metadata: ["files": "\(paths.joined(separator: ", "))"])
        } catch {
            logger.error("The keys stay as they were", metadata: ["error": "\(error)"])
        }
    }

    /// The modification marks of both files; they change when a file changes.
    var mark: [String] { paths.flatMap(Self.mark(of:)) }

    private var paths: [String] { [configuration.secretFile, configuration.keySetFile].compactMap(\.self) }

    private func own(creates: Bool) throws(ServerConfigurationError) -> [TokenKey] {
        guard let path = configuration.secretFile else { return [] }
        var keys: [TokenKey] = []
        for secret in try SecretFile.load(at: path, creates: creates) {
            do {
                keys.append(try TokenKey(secret: secret))
            } catch {
                // The library's own error could disclose the secret.
                throw ServerConfigurationError("The secret file \(path) holds a key that cannot be used: \(secret.id).")
            }
        }
        return keys
    }

    private func foreign() throws(ServerConfigurationError) -> [TokenKey] {
        guard let path = configuration.keySetFile else { return [] }
        do {
            let set = try JSONDecoder().decode(PublicKeySet.self, from: Data(contentsOf: URL(filePath: path)))
            let keys = try set.keys.filter(\.isForTokens).map(TokenKey.init)
            guard !keys.isEmpty else { throw TokenKeyError("it holds no key for signatures") }
            return keys
        } catch {
            throw ServerConfigurationError("The key set \(path) cannot be read: \(error).")
        }
    }

    /// Returns the modification date, size, inode number and permissions of a file; empty for an absent file.
    private static func mark(of path: String) -> [String] {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return [] }
        return [.modificationDate, .size, .systemFileNumber, .posixPermissions].map { key in
            attributes[key].map { "\($0)" } ?? ""
        }
    }
}
