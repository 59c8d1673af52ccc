// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
import LiveProgressHTTP
import Logging

/// Reads the files of keys, and again whenever one has changed.
struct KeyFiles: Sendable {
    let configuration: AuthorizationConfiguration
    let logger: Logger
    var clock = ProgressClock.system

    /// Reads all keys; an absent secret file is made.
    ///
    /// - Throws: ``ServerConfigurationError`` that says which file is wrong, and how.
    func load(creates: Bool = true) throws(ServerConfigurationError) -> TokenKeys {
        TokenKeys(own: try own(creates: creates), foreign: try foreign())
    }

    /// Looks at the files from time to time, until the task is cancelled.
    ///
    /// Files that cannot be read leave the keys that there are, and that is logged once for each change.
    ///
    /// - Parameters:
    ///   - authorizer: Who is to use what they say.
    ///   - mark: The files' ``mark`` before they were read last.
    func watch(_ authorizer: TokenAuthorizer, since mark: [String]) async {
        var known = mark
        while (try? await clock.sleep(clock.now() + configuration.keyFileInterval)) != nil {
            let mark = self.mark
            guard mark != known else { continue }
            known = mark
            renew(authorizer)
        }
    }

    /// Reads the files again, and logs what comes of it; blocks for as long as that takes.
    func renew(_ authorizer: TokenAuthorizer) {
        do throws(ServerConfigurationError) {
            // A secret file that was taken away is a mistake: a new one would turn every token down.
            authorizer.use(try load(creates: false))
            logger.notice("The keys were read again", metadata: ["files": "\(paths.joined(separator: ", "))"])
        } catch {
            logger.error("The keys stay as they were", metadata: ["error": "\(error)"])
        }
    }

    /// What changes when one of the files does.
    var mark: [String] { paths.flatMap(Self.mark(of:)) }

    private var paths: [String] { [configuration.secretFile, configuration.keySetFile].compactMap(\.self) }

    private func own(creates: Bool) throws(ServerConfigurationError) -> [TokenKey] {
        guard let path = configuration.secretFile else { return [] }
        var keys: [TokenKey] = []
        for secret in try SecretFile.load(at: path, creates: creates) {
            do {
                keys.append(try TokenKey(secret: secret))
            } catch {
                // The error of a library might tell of the secret.
                throw ServerConfigurationError("The secret file \(path) holds a key that is of no use: \(secret.id).")
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

    /// What changes when a file does.
    private static func mark(of path: String) -> [String] {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return [] }
        return [.modificationDate, .size, .systemFileNumber, .posixPermissions].map { key in
            attributes[key].map { "\($0)" } ?? ""
        }
    }
}
