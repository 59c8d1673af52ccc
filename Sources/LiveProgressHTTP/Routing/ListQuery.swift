// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

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
            switch name {
            case "status": try addStatuses(value)
            case "label": try addLabel(pair: value)
            case "parent": parent = try Self.parent(value)
            case "limit": limit = try Self.limit(value, maximum: maximumLimit)
            case "pageToken": pageToken = try Self.pageToken(value)
            default:
                if name.hasPrefix("label.") { try addLabel(String(name.dropFirst(6)), value) }
            }
        }
    }

    private mutating func addStatuses(_ text: String) throws(Refusal) {
        for name in text.split(separator: ",") {
            guard let status = ProgressStatus(rawValue: String(name)) else {
                let names = ProgressStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(Problems.invalidQuery("status must be one or several of \(names), joined by commas."))
            }
            statuses.insert(status)
        }
    }

    private mutating func addLabel(pair: String) throws(Refusal) {
        guard let colon = pair.firstIndex(of: ":") else {
            throw Refusal(Problems.invalidQuery("label must be NAME:VALUE; or write label.NAME=VALUE."))
        }
        try addLabel(String(pair[..<colon]), String(pair[pair.index(after: colon)...]))
    }

    private mutating func addLabel(_ name: String, _ value: String) throws(Refusal) {
        guard !name.isEmpty else {
            throw Refusal(Problems.invalidQuery("A label has a name: write label=NAME:VALUE or label.NAME=VALUE."))
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
