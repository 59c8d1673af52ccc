// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation

/// A file of the repository, read as lines.
struct Document {
    private static let root = URL(filePath: #filePath).appending(path: "../../..").standardized

    let lines: [String]

    init(_ path: String) throws {
        lines = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8).components(separatedBy: "\n")
    }

    /// The paths of all files below some folders whose name ends so.
    static func paths(below folders: [String], suffix: String) -> [String] {
        folders.flatMap { folder in
            let below = FileManager.default.enumerator(atPath: root.appending(path: folder).path)
            return (below?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }
        }
    }

    var text: String { lines.joined(separator: "\n") }

    /// The cells of each row of the Markdown table whose first column has this heading.
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

    /// The names of the members of a mapping in YAML, which the path of names leads to; each name on a line of its own.
    func names(at path: [String]) -> [String] {
        let members = block(at: path).filter { !$0.isEmpty }
        let depth = members.first.map(indentation) ?? 0
        return members.filter { indentation($0) == depth }.compactMap { line in
            line.trimmingCharacters(in: .whitespaces).split(separator: ":").first.map(String.init)
        }
    }

    /// The elements of a flow sequence in YAML, such as those of `enum: [a, b]`, in the lines of the mapping at a path.
    func list(_ name: String, at path: [String]) -> [String] {
        let text = text(at: path)
        guard let match = text.range(of: #"\#(name): \[[^\]]*\]"#, options: .regularExpression) else { return [] }
        return text[match].dropFirst(name.count + 3).dropLast().split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }

    /// The lines of a member of a mapping in YAML, which the path of names leads to.
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
