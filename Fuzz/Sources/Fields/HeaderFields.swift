// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import LiveProgress

@testable internal import LiveProgressHTTP

/// A cursor's text form is one text for each cursor, and short.
func checkCursor(_ text: String) {
    guard let cursor = ProgressCursor(text) else { return }
    expectEqual(cursor, ProgressCursor(cursor.description), "a cursor")
    expect(cursor.description.utf8.count <= ProgressCursor.maximumEpochLength + 21, "a long cursor: \(cursor)")
    checkTag(of: cursor)
}

/// The tag of a cursor is matched by itself, and only weakly where it is weak.
private func checkTag(of cursor: ProgressCursor) {
    let tag = EntityTag(cursor).fieldValue
    expect(TagCondition(tag)?.matchesStrongly(cursor) == true, "\(tag) does not match itself")
    expect(TagCondition("W/\(tag)")?.matchesStrongly(cursor) == false, "a weak tag matches strongly")
    expect(TagCondition("\"x\" , W/\(tag)")?.matchesWeakly(cursor) == true, "a weak tag does not match weakly")
}

/// The tags of a condition are the same when they are written as a list and read again.
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

/// The best of some offers is one of them, and stays the best beside fewer.
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
    // An empty element says nothing (RFC 9110, section 5.6.1).
    expectEqual(Accept(", \(text)").best(of: offers), best, "with an empty element before")
}

/// A media type is the same when it is written and read again; of a wildcard's kind where it has one.
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

/// Preferences are the same when they are written and read again, behind one that is not known.
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
