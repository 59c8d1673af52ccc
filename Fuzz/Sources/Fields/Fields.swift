// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport

/// Checks one input: the first byte, a letter, selects the kind of the rest.
public func checkInput(_ bytes: [UInt8]) {
    guard let kind = bytes.first else { return }
    let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
    switch kind {
    case UInt8(ascii: "c"): checkCursor(text)
    case UInt8(ascii: "t"): checkTags(text)
    case UInt8(ascii: "a"): checkAccept(text)
    case UInt8(ascii: "m"): checkMediaType(text)
    case UInt8(ascii: "p"): checkPreferences(text)
    case UInt8(ascii: "q"): checkQuery(text)
    case UInt8(ascii: "r"): checkRoute(text)
    case UInt8(ascii: "d"): checkTimestamp(text)
    case UInt8(ascii: "D"): checkDate(bytes.dropFirst())
    case UInt8(ascii: "u"): checkURL(text)
    default: break
    }
}
