// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The file with the server's own keys: one line for each key, the newest last; lines that begin with `#` are comments.
enum SecretFile {
    private static let maximumSize = 64 * 1024

    private static let heading = """
        # The keys of Live Progress: NAME ALGORITHM SECRET. The last key signs new tokens; all keys verify tokens.
        # To change keys, add a line; remove the old line when its tokens have expired.

        """

    /// Reads the keys of a file, or creates the file.
    ///
    /// A new file has one random key, and only its owner can read the file.
    ///
    /// - Parameters:
    ///   - path: The path of the file.
    ///   - creates: Whether to create an absent file.
    /// - Returns: The keys, the newest last.
    /// - Throws: ``ServerConfigurationError`` that names the fault of the file and does not contain its contents.
    static func load(at path: String, creates: Bool) throws(ServerConfigurationError) -> [OwnKey] {
        var descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT, creates {
            try create(at: path)
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw error(path, "cannot be read: \(reason())") }
        defer { close(descriptor) }
        // Check the open file, because another process could replace the file at the path.
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw error(path, "cannot be read: \(reason())") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw error(path, "is not a file") }
        guard status.st_mode & 0o077 == 0 else {
            throw error(path, "can be read by users other than its owner; run: chmod 600 \(path)")
        }
        return try keys(in: text(of: descriptor, path), path)
    }

    /// Creates the file under another name first, so that another process never reads a part of it.
    private static func create(at path: String) throws(ServerConfigurationError) {
        let draft = "\(path).\(UInt32.random(in: .min ... .max))"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw error(path, "cannot be created: \(reason())") }
        defer {
            close(descriptor)
            unlink(draft)
        }
        let bytes = Array((heading + OwnKey().line + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw error(path, "cannot be written: \(reason())")
        }
        // Another process may have created the file meanwhile; its key is used then.
        guard link(draft, path) == 0 || errno == EEXIST else { throw error(path, "cannot be created: \(reason())") }
    }

    private static func text(of descriptor: CInt, _ path: String) throws(ServerConfigurationError) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while bytes.count <= maximumSize {
            let count = read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw error(path, "cannot be read: \(reason())") }
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
        throw error(path, "is too large to hold keys")
    }

    static func keys(in text: String, _ path: String) throws(ServerConfigurationError) -> [OwnKey] {
        var keys: [OwnKey] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = line.drop(while: \.isWhitespace)
            if line.isEmpty || line.hasPrefix("#") { continue }
            do throws(TokenKeyError) {
                keys.append(try OwnKey(line: line))
            } catch {
                throw Self.error(path, "has an invalid line \(index + 1): \(error)")
            }
        }
        guard !keys.isEmpty else { throw error(path, "holds no key; delete the file to create a new one") }
        guard Set(keys.map(\.id)).count == keys.count else { throw error(path, "holds two keys with the same name") }
        return keys
    }

    private static func reason() -> String { strerror(errno).map { String(cString: $0) } ?? "error \(errno)" }

    private static func error(_ path: String, _ what: String) -> ServerConfigurationError {
        ServerConfigurationError("The secret file \(path) \(what).")
    }
}
