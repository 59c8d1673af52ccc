// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Configuration
import Synchronization

/// A source of configuration values, with a name for error messages.
struct ConfigurationSource {
    let name: String
    let provider: any ConfigProvider
    /// The keys in the source that have to be known; the environment also has variables of other programs.
    var keys: [String] = []
}

/// Reads values from several sources; the first source with a value wins, and a value of the wrong type is an error.
struct ConfigurationValues {
    let sources: [ConfigurationSource]
    private let known = KnownKeys()

    /// The keys that were looked up.
    private final class KnownKeys: Sendable {
        let names = Mutex<Set<String>>([])
    }

    /// Creates a reader of sources; the first one wins.
    init(sources: [ConfigurationSource]) {
        self.sources = sources
    }

    /// Refuses a key that nothing has looked up, such as a misspelt one; call this after all lookups.
    func refuseUnknownKeys() throws(ServerConfigurationError) {
        let known = known.names.withLock(\.self)
        for source in sources {
            guard let key = source.keys.first(where: { !known.contains($0) }) else { continue }
            throw ServerConfigurationError(
                "\(source.name) has the unknown key \(key); docs/OPERATIONS.md lists all keys."
            )
        }
    }

    /// Returns the variables that look like keys, though nothing has looked them up; call this after all lookups.
    ///
    /// They are no error, because a future version may read them.
    func unknown(in environment: [String: String]) -> [String] {
        let prefix = "LIVE_PROGRESS_"
        let known = Set(known.names.withLock(\.self).map { $0.uppercased() }).union(Self.otherVariables)
        return environment.keys.filter { name in
            name.hasPrefix(prefix) && !known.contains(String(name.dropFirst(prefix.count)).replacing("_", with: ""))
        }
        .sorted()
    }

    /// The variables of the tool, of workers and of commands, without the prefix.
    private static let otherVariables = ["CONFIG", "SERVER", "URL", "ID", "OWNER", "TOKEN", "CA", "DISABLED"]

    func string(_ key: String) throws(ServerConfigurationError) -> String? {
        guard let (content, _) = try look(up: key, as: .string, "a text"), case .string(let text) = content else {
            return nil
        }
        return text
    }

    func strings(_ key: String) throws(ServerConfigurationError) -> [String]? {
        guard let (content, _) = try look(up: key, as: .stringArray, "a list of texts"),
            case .stringArray(let texts) = content
        else { return nil }
        return texts
    }

    func boolean(_ key: String) throws(ServerConfigurationError) -> Bool? {
        guard let (content, _) = try look(up: key, as: .bool, "true or false"), case .bool(let value) = content else {
            return nil
        }
        return value
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(ServerConfigurationError) -> Int? {
        let allowed = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let (content, source) = try look(up: key, as: .int, allowed), case .int(let number) = content else {
            return nil
        }
        guard range.contains(number) else { throw Self.error(key, source, allowed) }
        return number
    }

    func choice<Value>(
        _ key: String,
        of values: [Value],
        named name: (Value) -> String
    ) throws(ServerConfigurationError) -> Value? {
        let allowed = "one of " + values.map(name).joined(separator: ", ")
        guard let (content, source) = try look(up: key, as: .string, allowed), case .string(let text) = content else {
            return nil
        }
        guard let value = values.first(where: { name($0) == text.lowercased() }) else {
            throw Self.error(key, source, allowed + ", not \(text)")
        }
        return value
    }

    private func look(
        up key: String,
        as type: ConfigType,
        _ allowed: String
    ) throws(ServerConfigurationError) -> (ConfigContent, ConfigurationSource)? {
        known.names.withLock { _ = $0.insert(key) }
        for source in sources {
            do {
                let found = try source.provider.value(forKey: AbsoluteConfigKey([key]), type: type)
                if let value = found.value { return (value.content, source) }
            } catch {
                throw Self.error(key, source, allowed)
            }
        }
        return nil
    }

    private static func error(_ key: String, _ source: ConfigurationSource, _ allowed: String)
        -> ServerConfigurationError
    {
        ServerConfigurationError("The value of \(key), from \(source.name), must be \(allowed).")
    }
}
