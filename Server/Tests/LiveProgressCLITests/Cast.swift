// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import Testing

/// The recorded output of a real tool: an asciicast v3 of the folder `Recordings`.
struct Cast: Sendable, CustomTestStringConvertible {
    let name: String
    /// The output with its times.
    let output: TimedOutput
    let exitStatus: Int

    var testDescription: String { name }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recordings")

    /// All recordings, by name.
    static let all: [Cast] = {
        let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (files ?? []).filter { $0.pathExtension == "cast" }.sorted { $0.path < $1.path }.map(Cast.init)
    }()

    private init(_ file: URL) {
        name = file.deletingPathExtension().lastPathComponent
        var output: TimedOutput = []
        var time = 0.0
        var status = 0
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        for line in text.split(separator: "\n").dropFirst() {
            guard let event = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any], event.count == 3,
                let interval = event[0] as? Double, let kind = event[1] as? String, let data = event[2] as? String
            else { continue }
            time += interval
            if kind == "o" { output.append((at: Int(time * 1000), text: data)) }
            if kind == "x" { status = Int(data) ?? 0 }
        }
        self.output = output
        exitStatus = status
    }
}
