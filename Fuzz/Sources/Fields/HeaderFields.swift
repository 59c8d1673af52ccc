// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport

@testable internal import LiveProgress
@_spi(Server) @testable internal import LiveProgressHTTP

/// Checks that each cursor has exactly one text form, and that the text is short.
func checkCursor(_ text: String) {
    guard let cursor = ProgressCursor(text) else { return }
    expectEqual(cursor, ProgressCursor(cursor.description), "a cursor")
    expect(cursor.description.utf8.count <= ProgressCursor.maximumEpochLength + 21, "a long cursor: \(cursor)")
    checkTag(of: cursor)
}

/// Checks that the tag of a cursor matches itself, and that a weak tag matches only weakly.
private func checkTag(of cursor: ProgressCursor) {
    let tag = EntityTag(cursor).fieldValue
    expect(TagCondition(tag)?.matchesStrongly(cursor) == true, "\(tag) does not match itself")
    expect(TagCondition("W/\(tag)")?.matchesStrongly(cursor) == false, "a weak tag matches strongly")
    expect(TagCondition("\"x\" , W/\(tag)")?.matchesWeakly(cursor) == true, "a weak tag does not match weakly")
}

/// Checks that the tags of a condition are the same after they are written as a list and read again.
func checkTags(_ text: String) {
    guard let condition = TagCondition(text) else { return }
    switch condition {
    case .any: expectEqual(condition, TagCondition("*"), "any tag")
    case .tags(let tags):
        expect(!tags.isEmpty, "a condition without tags")
        expectEqual(condition, TagCondition(tags.map(\.fieldValue).joined(separator: ", ")), "tags")
    }
}

private let offers: [MediaType] = [.json, .html, .eventStream, .ndjson]

/// Checks that the best of some offers is one of them, and stays the best among fewer offers.
func checkAccept(_ text: String) {
    let accept = Accept(text)
    guard let best = accept.best(of: offers) else {
        expect(offers.allSatisfy { accept.best(of: [$0]) == nil }, "acceptable alone, but not among others")
        return
    }
    expect(offers.contains(best), "not on offer: \(best)")
    for other in offers {
        expectEqual(accept.best(of: offers.filter { $0 == best || $0 == other }), best, "the best beside \(other)")
    }
    // An empty element is ignored (RFC 9110, section 5.6.1).
    expectEqual(Accept(", \(text)").best(of: offers), best, "with an empty element before")
}

/// Checks that a media type and its parameters are the same after they are written and read again.
func checkMediaType(_ text: String) {
    guard let type = MediaType(text) else { return }
    expectEqual(type, MediaType(type.description), "a media type")
    _ = type.isUTF8
    let parameters = type.parameters.map { ";\($0.name)=\(quoted($0.value))" }.joined()
    let again = MediaType(type.description + parameters)
    expectEqual(type.parameters.map(\.name), again?.parameters.map(\.name), "names of parameters")
    expectEqual(type.parameters.map(\.value), again?.parameters.map(\.value), "values of parameters")
}

private func quoted(_ text: String) -> String {
    let escaped = text.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }
    return "\"\(escaped.joined())\""
}

/// Checks that preferences are the same after they are written behind an unknown one and read again.
func checkPreferences(_ text: String) {
    let preferences = Preferences(text)
    var items = ["x-other=\"a, b\"; c"]
    if let wait = preferences.wait {
        expect(wait >= 0, "a wait of \(wait)")
        items.append("wait=\(wait)")
    }
    if let representation = preferences.representation { items.append("return=\(representation.rawValue)") }
    expectEqual(preferences, Preferences(items.joined(separator: ", ")), "preferences")
}
