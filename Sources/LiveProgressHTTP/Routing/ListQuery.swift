// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressGrammar
import LiveProgressWire

extension ProgressQuery {
    /// Reads the filters of the list's URL.
    ///
    /// - Parameters:
    ///   - parameters: `status=` (several, or joined by commas), `label=NAME=VALUE` (several), `parent=`,
    ///     `limit=`, `pageToken=`.
    ///   - maximumLimit: The largest `limit`.
    /// - Throws: A 400 that says which filter is wrong and what it may be.
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
            // What was written NAME:VALUE until labels had one spelling.
            throw Self.labelSpelling(insteadOf: Self.split(text, at: ":"))
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

    /// The refusal of another spelling of a label, which says how this very label is written.
    static func labelSpelling(insteadOf label: (name: String, value: String)?) -> Refusal {
        let isShort = label.map { $0.name.utf8.count + $0.value.utf8.count <= 100 } ?? false
        let example = isShort ? label.map { ": write label=\($0.name)=\($0.value)" } : nil
        return Refusal(Problems.invalidQuery("A label is asked for as label=NAME=VALUE\(example ?? "")."))
    }

    /// What stands before and after the first such sign, both of which say something.
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
        // Tokens are numbers, though nobody but the service knows what they mean.
        guard text.utf8.first != UInt8(ascii: "+"), UInt64(text) != nil else {
            throw Refusal(Problems.invalidQuery("pageToken must be a nextPageToken that a page before gave."))
        }
        return text
    }
}
