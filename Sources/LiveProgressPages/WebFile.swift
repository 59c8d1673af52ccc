// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import CPages

/// The files in `Web`, which are part of the program.
enum WebFile {
    /// The bytes of the files by their paths; `Web/client` has links to the files of the JavaScript module.
    static let all: [String: [UInt8]] = {
        var files: [String: [UInt8]] = [:]
        var index = 0
        while case let file = page_file_at(index), case let path = String(cString: file.path), !path.isEmpty {
            files[path] = Array(UnsafeBufferPointer(start: file.bytes, count: file.size))
            index += 1
        }
        return files
    }()

    /// Returns the file with a path, which `Sources/CPages/pages.c` must list.
    static func bytes(_ path: String) -> [UInt8] {
        guard let bytes = all[path] else { preconditionFailure("pages.c does not list \(path)") }
        return bytes
    }
}
