// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes

/// What one proxy says of the request that it passed on.
struct ForwardedHop: Hashable {
    /// Who it had the request from, where it is an address and told.
    var address: IPAddress?
    /// The scheme that it was asked with.
    var scheme: String?
    /// The authority that it was asked for.
    var authority: String?
}

extension ForwardedHop {
    /// The hops of `Forwarded` (RFC 7239), the last proxy's at the end; one that is malformed tells nothing.
    static func forwarded(_ fields: HTTPFields) -> [ForwardedHop]? {
        list(fields, .forwarded)?.map { element in
            var scanner = FieldScanner(";" + element)
            let parameters = scanner.parameters()
            guard scanner.isAtEnd, Set(parameters.map(\.name)).count == parameters.count else { return ForwardedHop() }
            func value(_ name: String) -> String? { parameters.first { $0.name == name }?.value }
            return ForwardedHop(
                address: value("for").flatMap { IPAddress(node: $0) },
                scheme: value("proto").flatMap(scheme(of:)),
                authority: value("host").flatMap(authority(of:))
            )
        }
    }

    /// The hops of `X-Forwarded-For`; what `X-Forwarded-Proto` and `X-Forwarded-Host` say last is said by the last proxy.
    static func xForwarded(_ fields: HTTPFields) -> [ForwardedHop]? {
        let names: [HTTPField.Name] = [.xForwardedFor, .xForwardedProto, .xForwardedHost]
        guard names.contains(where: { fields[$0] != nil }) else { return nil }
        var hops = (list(fields, .xForwardedFor) ?? []).map { ForwardedHop(address: IPAddress(node: $0)) }
        let scheme = list(fields, .xForwardedProto)?.last.flatMap(scheme(of:))
        let authority = list(fields, .xForwardedHost)?.last.flatMap(authority(of:))
        if hops.isEmpty { hops = [ForwardedHop()] }
        for index in hops.indices { (hops[index].scheme, hops[index].authority) = (scheme, authority) }
        return hops
    }

    /// The elements of a list, the lines of a repeated field joined; `nil` where the field is absent.
    private static func list(_ fields: HTTPFields, _ name: HTTPField.Name) -> [String]? {
        let lines = fields[values: name]
        guard !lines.isEmpty else { return nil }
        var elements = [""]
        var isQuoted = false
        var isEscaped = false
        for character in lines.joined(separator: ",") {
            if character == ",", !isQuoted {
                elements.append("")
                continue
            }
            if character == "\"", !isEscaped { isQuoted.toggle() }
            isEscaped = character == "\\" && isQuoted && !isEscaped
            elements[elements.count - 1].append(character)
        }
        return elements.map(trimmed).filter { !$0.isEmpty }
    }

    /// A text without the white space around it.
    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }

    private static func scheme(of text: String) -> String? {
        let text = text.lowercased()
        return text == "http" || text == "https" ? text : nil
    }

    /// A host with or without a port; anything that cannot be one is no answer.
    private static func authority(of text: String) -> String? {
        let isAuthority = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-._~:[]".utf8.contains(byte)
            }
        }
        return isAuthority && !text.isEmpty && text.utf8.count <= 261 ? text : nil
    }
}

extension HTTPField.Name {
    static let forwarded = Self("Forwarded")!
    static let xForwardedFor = Self("X-Forwarded-For")!
    static let xForwardedHost = Self("X-Forwarded-Host")!
    static let xForwardedProto = Self("X-Forwarded-Proto")!
}
