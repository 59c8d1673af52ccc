// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The search for a command's file in `PATH`, as in a shell.
enum CommandLookup {
    /// Finds the file to start.
    ///
    /// - Parameters:
    ///   - name: The command; a name with a slash is a path already.
    ///   - path: The value of `PATH`.
    /// - Returns: The file's path.
    /// - Throws: ``SystemError`` with `ENOENT`, or with `EACCES` if files with the name exist but none is executable.
    static func find(_ name: [UInt8], path: [UInt8]?) throws(SystemError) -> [UInt8] {
        guard !name.isEmpty else { throw SystemError(errno: ENOENT) }
        if name.contains(UInt8(ascii: "/")) { return name }
        let folders = (path ?? Array("/usr/local/bin:/usr/bin:/bin".utf8))
            .split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var failure = ENOENT
        for folder in folders {
            // An empty entry is the working directory.
            let file = folder.isEmpty ? Array("./".utf8) + name : folder + [UInt8(ascii: "/")] + name
            switch check(file) {
            case 0: return file
            case EACCES: failure = EACCES
            default: break
            }
        }
        throw SystemError(errno: failure)
    }

    /// Returns 0 for an executable file, else the `errno`.
    private static func check(_ file: [UInt8]) -> Int32 {
        let path = file.map { CChar(bitPattern: $0) } + [0]
        var status = stat()
        guard stat(path, &status) == 0 else { return errno }
        guard status.st_mode & S_IFMT == S_IFREG else { return EACCES }
        return access(path, X_OK) == 0 ? 0 : errno
    }
}
