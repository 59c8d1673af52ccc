// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress

/// The place where a server keeps its operations.
package enum StoreLocation: Sendable, Hashable {
    /// In memory: operations are lost when the process ends.
    case memory
    /// In a SQLite file.
    case file(String)
    /// In the SQLite file of the user or of the service, whose folder is created if it does not exist.
    case standardFile(String)

    /// The name of the file in a folder for state.
    private static let fileName = "progress.sqlite"

    /// Reads the value of an option: `memory`, or a path.
    package init(_ text: String) {
        self = text == "memory" ? .memory : .file(text)
    }

    /// Returns the place of a server that names none: the state directory of the service, or else of the user.
    ///
    /// - Parameter environment: The environment variables: `STATE_DIRECTORY` (set by systemd), `XDG_STATE_HOME` and
    ///   `HOME` (XDG Base Directory Specification).
    /// - Returns: The place.
    package static func standard(_ environment: [String: String]) -> StoreLocation {
        func folder(_ name: String) -> String? {
            guard let path = environment[name], path.hasPrefix("/") else { return nil }
            return path.hasSuffix("/") ? String(path.dropLast()) : path
        }
        // systemd separates several directories by colons; the first one is the server's.
        if let service = folder("STATE_DIRECTORY")?.split(separator: ":").first {
            return .standardFile("\(service)/\(fileName)")
        }
        if let state = folder("XDG_STATE_HOME") { return .standardFile("\(state)/live-progress/\(fileName)") }
        if let home = folder("HOME") { return .standardFile("\(home)/.local/state/live-progress/\(fileName)") }
        return .standardFile("/var/lib/live-progress/\(fileName)")
    }

    /// The path of the file; `nil` in memory.
    package var path: String? {
        switch self {
        case .memory: nil
        case .file(let path), .standardFile(let path): path
        }
    }

    /// Creates the folder of a standard file, for its user alone.
    ///
    /// - Throws: `ProgressStoreError` if the folder cannot be created.
    func createFolder() throws {
        guard case .standardFile(let path) = self, let slash = path.lastIndex(of: "/") else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: String(path[..<slash]),
                withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700]
            )
        } catch {
            throw ProgressStoreError(
                """
                The folder of the store \(path) cannot be created: \(error). \
                Choose another file with --store, or keep nothing with --store memory.
                """
            )
        }
    }
}
