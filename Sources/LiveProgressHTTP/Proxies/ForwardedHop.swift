// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgressGrammar

/// The client data that one proxy adds to a forwarded request.
struct ForwardedHop: Hashable {
    /// The address that sent the request to the proxy; `nil` if the proxy reports no address.
    var address: IPAddress?
    /// The scheme of the request to the proxy.
    var scheme: String?
    /// The authority of the request to the proxy.
    var authority: String?
}

extension ForwardedHop {
    /// Returns the hops of `Forwarded` (RFC 7239), the last proxy's at the end; a malformed element is an empty hop.
    static func forwarded(_ fields: HTTPFields) -> [ForwardedHop]? {
        list(fields, .forwarded)?.map { element in
            var scanner = FieldScanner(";\(element)")
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

    /// Returns the hops of `X-Forwarded-For`, the last proxy's at the end.
    ///
    /// The last proxy wrote the last values of `X-Forwarded-Proto` and `X-Forwarded-Host`. Every hop gets these values.
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

    /// Returns the elements of a list field from all its lines; `nil` if the field is absent.
    private static func list(_ fields: HTTPFields, _ name: HTTPField.Name) -> [Substring]? {
        fields[name].map { FieldList.elements($0) }
    }

    private static func scheme(of text: some StringProtocol) -> String? {
        let text = text.lowercased()
        return text == "http" || text == "https" ? text : nil
    }

    /// Returns a text that is a host with or without a port; `nil` for any other text.
    private static func authority(of text: some StringProtocol) -> String? {
        text.utf8.count <= 261 && Authority(Substring(text)) != nil ? String(text) : nil
    }
}

extension HTTPField.Name {
    static let forwarded = Self("Forwarded")!
    static let xForwardedFor = Self("X-Forwarded-For")!
    static let xForwardedHost = Self("X-Forwarded-Host")!
    static let xForwardedProto = Self("X-Forwarded-Proto")!
}
