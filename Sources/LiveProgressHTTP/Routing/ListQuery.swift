// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire

extension ProgressQuery {
    /// Reads the filters of the list's URL; names that mean nothing here are left to others.
    ///
    /// - Parameters:
    ///   - items: `status=` (several, or joined by commas), `label=NAME:VALUE` or `label.NAME=VALUE`, `parent=`,
    ///     `limit=`, `pageToken=`.
    ///   - maximumLimit: The largest `limit`.
    /// - Throws: A 400 that says which filter is wrong and what it may be.
    init(_ items: [(name: String, value: String)], maximumLimit: Int) throws(Refusal) {
        self.init(limit: min(100, maximumLimit))
        for (name, value) in items {
            switch Self.parameters.first(withBytesOf: name) {
            case "status": try addStatuses(value)
            case "label": try addLabel(pair: value)
            case "parent": parent = try Self.parent(value)
            case "limit": limit = try Self.limit(value, maximum: maximumLimit)
            case "pageToken": pageToken = try Self.pageToken(value)
            default:
                guard name.utf8.starts(with: "label.".utf8) else { continue }
                try addLabel(String(decoding: name.utf8.dropFirst(6), as: UTF8.self), value)
            }
        }
    }

    private static let parameters = ["status", "label", "parent", "limit", "pageToken"]

    private mutating func addStatuses(_ text: String) throws(Refusal) {
        for name in text.utf8.split(separator: UInt8(ascii: ",")) {
            guard let status = ProgressStatus(rawValue: String(Substring(name))) else {
                let names = ProgressStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(Problems.invalidQuery("status must be one or several of \(names), joined by commas."))
            }
            statuses.insert(status)
        }
    }

    private mutating func addLabel(pair: String) throws(Refusal) {
        guard let colon = pair.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw Refusal(Problems.invalidQuery("label must be NAME:VALUE; or write label.NAME=VALUE."))
        }
        try addLabel(String(pair[..<colon]), String(Substring(pair.utf8[pair.utf8.index(after: colon)...])))
    }

    private mutating func addLabel(_ name: String, _ value: String) throws(Refusal) {
        guard !name.isEmpty else {
            throw Refusal(Problems.invalidQuery("A label has a name: write label=NAME:VALUE or label.NAME=VALUE."))
        }
        // Measured before they are compared and become keys: a long run of combining marks would take quadratic time.
        let longest = ProgressReportBody.maximumLabelLength
        guard name.utf8.count <= longest, value.utf8.count <= longest else {
            throw Refusal(Problems.invalidQuery("The name and the value of a label have at most \(longest) bytes."))
        }
        if let other = labels[name], other != value {
            throw Refusal(Problems.invalidQuery("A label has one value: label \(name) is asked for with two."))
        }
        labels[name] = value
    }

    private static func parent(_ text: String) throws(Refusal) -> ProgressID {
        guard let id = ProgressID(text) else {
            throw Refusal(Problems.invalidQuery("parent must be the identifier of an operation."))
        }
        return id
    }

    private static func limit(_ text: String, maximum: Int) throws(Refusal) -> Int {
        guard let limit = Int(text), (1...maximum).contains(limit) else {
            throw Refusal(Problems.invalidQuery("limit must be a number from 1 to \(maximum)."))
        }
        return limit
    }

    private static func pageToken(_ text: String) throws(Refusal) -> String {
        // Tokens are numbers, though nobody but the service knows what they mean.
        guard UInt64(text) != nil else {
            throw Refusal(Problems.invalidQuery("pageToken must be a nextPageToken that a page before gave."))
        }
        return text
    }
}
