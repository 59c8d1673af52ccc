// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FoundationEssentials
internal import LiveProgress
internal import LiveProgressHTTP

@testable internal import LiveProgressServer

/// JSON of which all readers think the same: no name twice, and nothing that is written in more than one way.
private func plainJSON(_ bytes: [UInt8], names: [String]) -> JSONValue? {
    guard let text = String(validating: bytes, as: UTF8.self), !text.contains("\\"), text.utf8.first != 0xEF,
        names.allSatisfy({ text.ranges(of: "\"\($0)\"").count < 2 })
    else { return nil }
    return try? JSONValue(parsing: text)
}

/// What a token's header says, by another reader than the verifier's; `nil` where readers may differ.
struct HeaderModel {
    let alg: String?
    let kid: String?
    let isWellFormed: Bool

    init?(_ bytes: [UInt8]) {
        guard let json = plainJSON(bytes, names: ["alg", "kid", "crit"]) else { return nil }
        alg = json["alg"]?.stringValue
        kid = json["kid"]?.stringValue
        // An extension that must be understood never is.
        isWellFormed = alg != nil && json.hasText("kid") && json.lacks("crit")
    }
}

/// What a token's claims say, by another reader than the verifier's; `nil` where readers may differ.
struct ClaimsModel {
    let grant: ProgressGrant
    let subject: String?
    /// Why the token is not taken at ``Keys/now``.
    let refusal: TokenRefusal?
    /// Whether they name the issuer and the audience that tokens of the key set must name.
    let namesOrigin: Bool
    /// Whether each claim is of its kind.
    let hasRightTypes: Bool
    /// Whether the claims can stand together besides.
    let isWellFormed: Bool

    init?(_ bytes: [UInt8]) {
        let names = ["sub", "exp", "nbf", "iat", "iss", "aud", "can", "id", "labels"]
        guard let json = plainJSON(bytes, names: names) else { return nil }
        let labels = json["labels"]?.objectValue.map { object in
            Dictionary(object.map { ($0.0, $0.1.stringValue) }, uniquingKeysWith: { $1 })
        }
        // Of two labels of the same name, readers may take the one or the other.
        guard labels?.count == json["labels"]?.objectValue?.count, json.isPlainInNumbers else { return nil }
        let texts = labels?.compactMapValues { $0 }
        let audience = json["aud"]?.stringValue.map { [$0] } ?? json["aud"]?.texts
        let id = json["id"]?.stringValue
        hasRightTypes =
            json.objectValue != nil && ["sub", "iss", "id"].allSatisfy(json.hasText)
            && ["exp", "nbf", "iat"].allSatisfy { json.lacks($0) || json[$0]?.doubleValue != nil }
            && (json.lacks("aud") || audience != nil) && (json.lacks("can") || json["can"]?.texts != nil)
            && (json.lacks("labels") || texts != nil && texts?.count == labels?.count)
        subject = json["sub"]?.stringValue
        namesOrigin = json["iss"]?.stringValue == Keys.issuer && audience?.contains(Keys.audience) == true
        let scope: ProgressScope? =
            switch (id, texts) {
            case (nil, nil): .everything
            case (let id?, nil): ProgressID(id).map { .operation($0) }
            case (nil, let texts?): texts.isEmpty ? nil : .labels(texts)
            case (_?, _?): nil
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

    /// The texts of an array that holds nothing else.
    fileprivate var texts: [String]? {
        guard let values = arrayValue else { return nil }
        let texts = values.compactMap(\.stringValue)
        return texts.count == values.count ? texts : nil
    }

    /// Whether its times are far from where rounding decides.
    fileprivate var isPlainInNumbers: Bool {
        ["exp", "nbf"].allSatisfy { name in
            guard let time = self[name]?.doubleValue else { return true }
            return time.magnitude < 1e15 && (time == time.rounded() || (time - Keys.now).magnitude > 10)
        }
    }
}
