// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressGrammar
import LiveProgressWire

extension ProgressQuery {
    /// Parses the filters in the URL of the list.
    ///
    /// - Parameters:
    ///   - parameters: `status=` (repeatable, or joined by commas), `label=NAME=VALUE` (repeatable), `parent=`,
    ///     `limit=`, `pageToken=`.
    ///   - maximumLimit: The largest `limit` that a request may have.
    /// - Throws: A 400 that names the invalid filter and its valid values.
    init(_ parameters: QueryParameters, maximumLimit: Int) throws(Refusal) {
        self.init(limit: min(100, maximumLimit))
        for (name, value) in parameters.items {
            switch Self.parameters.first(withBytesOf: name) {
            case "status": try addStatuses(value)
            case "label": try addLabel(value)
            case "parent": parent = try Self.parent(value)
            case "limit": limit = try Self.limit(value, maximum: maximumLimit)
            case "pageToken": pageToken = try Self.pageToken(value)
            default: break  // A credential.
            }
        }
    }

    /// The names of the filters.
    static let parameters = ["status", "label", "parent", "limit", "pageToken"]

    private mutating func addStatuses(_ text: String) throws(Refusal) {
        for name in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let status = ProgressStatus(rawValue: String(Substring(name))) else {
                let names = ProgressStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(Problems.invalidQuery("status must be one or several of \(names), joined by commas."))
            }
            statuses.insert(status)
        }
    }

    private mutating func addLabel(_ text: String) throws(Refusal) {
        guard let (name, value) = Self.split(text, at: "=") else {
            // Clients used to write NAME:VALUE; the refusal shows the current spelling.
            throw Self.labelSpelling(insteadOf: Self.split(text, at: ":"))
        }
        // Check the lengths first: comparing and hashing a long run of combining marks takes quadratic time.
        let longest = ProgressReportBody.maximumLabelLength
        guard name.utf8.count <= longest, value.utf8.count <= longest else {
            throw Refusal(Problems.invalidQuery("The name and the value of a label have at most \(longest) bytes."))
        }
        if let other = labels[name], other != value {
            throw Refusal(Problems.invalidQuery("A label has one value, but the query has two for label \(name)."))
        }
        labels[name] = value
    }

    /// Returns the refusal of a misspelled label filter, with the correct spelling of this label.
    static func labelSpelling(insteadOf label: (name: String, value: String)?) -> Refusal {
        let isShort = label.map { $0.name.utf8.count + $0.value.utf8.count <= 100 } ?? false
        let example = isShort ? label.map { ": write label=\($0.name)=\($0.value)" } : nil
        return Refusal(Problems.invalidQuery("A label filter has the form label=NAME=VALUE\(example ?? "")."))
    }

    /// Returns the text before and after the first `sign`; `nil` if the sign or one of the texts is missing.
    private static func split(_ text: String, at sign: Unicode.Scalar) -> (name: String, value: String)? {
        guard let index = text.utf8.firstIndex(of: UInt8(ascii: sign)) else { return nil }
        let name = String(Substring(text.utf8[..<index]))
        let value = String(Substring(text.utf8[text.utf8.index(after: index)...]))
        return name.isEmpty || value.isEmpty ? nil : (name, value)
    }

    private static func parent(_ text: String) throws(Refusal) -> ProgressID {
        guard let id = ProgressID(text) else {
            throw Refusal(Problems.invalidQuery("parent must be the identifier of an operation."))
        }
        return id
    }

    private static func limit(_ text: String, maximum: Int) throws(Refusal) -> Int {
        guard let limit = Int(digits: text.utf8), (1...maximum).contains(limit) else {
            throw Refusal(Problems.invalidQuery("limit must be a number from 1 to \(maximum), in digits."))
        }
        return limit
    }

    private static func pageToken(_ text: String) throws(Refusal) -> String {
        // A page token is a number, which has a meaning only to the service, or such a number for each of several nodes.
        guard Int(digits: text.utf8) != nil || NodesPageToken(text) != nil else {
            throw Refusal(Problems.invalidQuery("pageToken must be the nextPageToken of an earlier page."))
        }
        return text
    }
}
