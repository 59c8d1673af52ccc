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

/// The file of the server's own keys: a line each, the newest last, and comments that begin with `#`.
enum SecretFile {
    private static let maximumSize = 64 * 1024

    private static let heading = """
        # The keys of Live Progress: NAME ALGORITHM SECRET. The last one signs new tokens, all of them verify.
        # Add a line to change keys; take the old one out when its tokens have expired.

        """

    /// Reads the keys; an absent file is made with a new one, for the owner alone.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - creates: Whether to make it where it is absent.
    /// - Returns: The keys, the newest last.
    /// - Throws: ``ServerConfigurationError`` that says what is wrong with the file, and nothing of what is in it.
    static func load(at path: String, creates: Bool) throws(ServerConfigurationError) -> [OwnKey] {
        var descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT, creates {
            try create(at: path)
            descriptor = open(path, O_RDONLY | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw error(path, "cannot be read: \(reason())") }
        defer { close(descriptor) }
        // Of the open file, so that nobody can put another one in its place meanwhile.
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw error(path, "cannot be read: \(reason())") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw error(path, "is not a file") }
        guard status.st_mode & 0o077 == 0 else {
            throw error(path, "can be read by others than its owner; run: chmod 600 \(path)")
        }
        return try keys(in: text(of: descriptor, path), path)
    }

    private static func create(at path: String) throws(ServerConfigurationError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            // Another process may have been faster: its key is as good.
            if errno == EEXIST { return }
            throw error(path, "cannot be made: \(reason())")
        }
        defer { close(descriptor) }
        let bytes = Array((heading + OwnKey().line + "\n").utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw error(path, "cannot be written: \(reason())")
        }
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
                throw Self.error(path, "is no file of keys, line \(index + 1): \(error)")
            }
        }
        guard !keys.isEmpty else { throw error(path, "holds no key; delete it, and a new one is made") }
        guard Set(keys.map(\.id)).count == keys.count else { throw error(path, "holds two keys of the same name") }
        return keys
    }

    private static func reason() -> String { strerror(errno).map { String(cString: $0) } ?? "error \(errno)" }

    private static func error(_ path: String, _ what: String) -> ServerConfigurationError {
        ServerConfigurationError("The secret file \(path) \(what).")
    }
}
