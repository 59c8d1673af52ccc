// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FoundationEssentials
internal import LiveProgress
@_spi(Server) internal import LiveProgressHTTP

@testable internal import LiveProgressServer

/// Parses JSON that all readers understand in the same way: no repeated name, no text with several spellings.
private func plainJSON(_ bytes: [UInt8], names: [String]) -> JSONValue? {
    guard let text = String(validating: bytes, as: UTF8.self), !text.contains("\\"), text.utf8.first != 0xEF,
        names.allSatisfy({ text.ranges(of: "\"\($0)\"").count < 2 })
    else { return nil }
    return try? JSONValue(parsing: text)
}

/// The content of a token's header, read independently of the verifier; `nil` if readers may differ.
struct HeaderModel {
    let alg: String?
    let kid: String?
    let isWellFormed: Bool

    init?(_ bytes: [UInt8]) {
        guard let json = plainJSON(bytes, names: ["alg", "kid", "crit"]) else { return nil }
        alg = json["alg"]?.stringValue
        kid = json["kid"]?.stringValue
        // A critical extension is never understood.
        isWellFormed = alg != nil && json.hasText("kid") && json.lacks("crit")
    }
}

/// The content of a token's claims, read independently of the verifier; `nil` if readers may differ.
struct ClaimsModel {
    let grant: ProgressGrant
    let subject: String?
    /// Why the token is refused at ``Keys/now``; `nil` if it is accepted.
    let refusal: TokenError?
    /// Whether the claims name the issuer and the audience that tokens of the key set must name.
    let namesOrigin: Bool
    /// Whether each claim has the right type.
    let hasRightTypes: Bool
    /// Whether the claims have the right types and can be combined.
    let isWellFormed: Bool

    init?(_ bytes: [UInt8]) {
        let names = ["sub", "exp", "nbf", "iat", "iss", "aud", "can", "id", "labels", "epoch"]
        guard let json = plainJSON(bytes, names: names) else { return nil }
        let labels = json["labels"]?.objectValue.map { object in
            Dictionary(object.map { ($0.0, $0.1.stringValue) }, uniquingKeysWith: { $1 })
        }
        // If two labels have the same name, readers may use either of them.
        guard labels?.count == json["labels"]?.objectValue?.count, json.isPlainInNumbers else { return nil }
        let texts = labels?.compactMapValues { $0 }
        let audience = json["aud"]?.stringValue.map { [$0] } ?? json["aud"]?.texts
        let id = json["id"]?.stringValue
        hasRightTypes =
            json.objectValue != nil && ["sub", "iss"].allSatisfy(json.hasText)
            && ["id", "epoch"].allSatisfy { json[$0] == nil || json[$0]?.stringValue != nil }
            && ["exp", "nbf", "iat"].allSatisfy { json.lacks($0) || json[$0]?.doubleValue != nil }
            && (json.lacks("aud") || audience != nil) && (json.lacks("can") || json["can"]?.texts != nil)
            && (json["labels"] == nil || texts != nil && texts?.count == labels?.count)
        subject = json["sub"]?.stringValue
        namesOrigin = json["iss"]?.stringValue == Keys.issuer && audience?.contains(Keys.audience) == true
        let scope: ProgressScope? =
            switch (id, json["epoch"]?.stringValue, texts) {
            case (let id?, let epoch?, _): ProgressID(id).map { .run($0, epoch: epoch, labels: texts ?? [:]) }
            case (nil, _?, _), (_?, nil, _?): nil
            case (nil, nil, nil): .everything
            case (let id?, nil, nil): ProgressID(id).map { .operation($0) }
            case (nil, nil, let texts?): texts.isEmpty ? nil : .labels(texts)
            }
        isWellFormed = hasRightTypes && scope != nil
        let permissions = (json["can"]?.texts ?? []).compactMap { ProgressPermission(rawValue: $0) }
        grant = ProgressGrant(Set(permissions), for: scope ?? .everything)
        let begin = json["nbf"]?.doubleValue ?? 0
        refusal =
            switch json["exp"]?.doubleValue {
            case nil: .neverEnds
            case let end? where Keys.now >= end: .expired
            case _?: Keys.now + TokenVerifier.leeway < begin ? .notYetValid : nil
            }
    }
}

extension JSONValue {
    fileprivate func lacks(_ name: String) -> Bool { self[name] == nil || self[name] == .null }

    fileprivate func hasText(_ name: String) -> Bool { lacks(name) || self[name]?.stringValue != nil }

    /// The texts of an array that contains only texts.
    fileprivate var texts: [String]? {
        guard let values = arrayValue else { return nil }
        let texts = values.compactMap(\.stringValue)
        return texts.count == values.count ? texts : nil
    }

    /// Whether all times are so far from the limits that rounding makes no difference.
    fileprivate var isPlainInNumbers: Bool {
        ["exp", "nbf"].allSatisfy { name in
            guard let time = self[name]?.doubleValue else { return true }
            return time.magnitude < 1e15 && (time == time.rounded() || (time - Keys.now).magnitude > 10)
        }
    }
}
