// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation

/// A file of the repository, split into lines.
struct Document {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardized

    let lines: [String]

    init(_ path: String) throws {
        lines = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8).components(separatedBy: "\n")
    }

    /// Returns the paths of all files below the folders whose names end with the suffix.
    static func paths(below folders: [String], suffix: String) -> [String] {
        folders.flatMap { folder in
            let below = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
            return (below?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }
        }
    }

    var text: String { lines.joined(separator: "\n") }

    /// Returns the cells of each row of the Markdown table whose first column has the heading.
    func table(_ heading: String) -> [[String]] {
        let begin = lines.firstIndex { $0.trimmingCharacters(in: .whitespaces).hasPrefix("| \(heading) |") }
        return lines.dropFirst((begin ?? lines.count) + 2)
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .prefix { $0.hasPrefix("|") }
            .map { row in
                row.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast()
                    .map { $0.trimmingCharacters(in: .whitespaces) }
            }
    }

    /// Returns the member names of the YAML mapping at the path; each name must be on its own line.
    func names(at path: [String]) -> [String] {
        let members = block(at: path).filter { !$0.isEmpty }
        let depth = members.first.map(indentation) ?? 0
        return members.filter { indentation($0) == depth }.compactMap { line in
            line.trimmingCharacters(in: .whitespaces).split(separator: ":").first.map(String.init)
        }
    }

    /// Returns the elements of a YAML flow sequence, such as `enum: [a, b]`, in the lines of the mapping at the path.
    func list(_ name: String, at path: [String]) -> [String] {
        let text = text(at: path)
        guard let match = text.range(of: #"\#(name): \[[^\]]*\]"#, options: .regularExpression) else { return [] }
        return text[match].dropFirst(name.count + 3).dropLast().split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }

    /// Returns the lines of the YAML member at the path.
    func text(at path: [String]) -> String {
        guard let position = position(of: path) else { return "" }
        return ([lines[position]] + block(at: path)).joined(separator: "\n")
    }

    private func block(at path: [String]) -> [String] {
        guard let position = position(of: path) else { return [] }
        return lines.dropFirst(position + 1).prefix { $0.isEmpty || indentation($0) > indentation(lines[position]) }
    }

    private func position(of path: [String]) -> Int? {
        var position = -1
        var depth = -1
        for name in path {
            let next = lines.indices.dropFirst(position + 1).first { index in
                indentation(lines[index]) <= depth && !lines[index].isEmpty
                    || lines[index].drop { $0 == " " || $0 == "-" }.hasPrefix("\(name):")
            }
            guard let next, indentation(lines[next]) > depth else { return nil }
            position = next
            depth = indentation(lines[next])
        }
        return position
    }

    private func indentation(_ line: String) -> Int { line.prefix { $0 == " " }.count }
}
