// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// What matters of a URL (RFC 3986) with an authority: host, port and path; query and fragment are left out.
struct URLParts: Hashable {
    let host: String
    let port: Int
    /// Whether the scheme asks for TLS.
    let isSecure: Bool
    /// The path as it stands in the URL, empty or with a leading slash.
    let path: String

    init(_ url: String) throws(ProgressClientError) {
        guard url.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Self.invalid(url, "it contains a space, a control character, or one beyond ASCII")
        }
        guard let separator = Self.firstRange(of: "://", in: url) else {
            throw Self.invalid(url, "it has no scheme; write http://\(Self.quoted(url).prefix(64))")
        }
        isSecure = try Self.isSecure(scheme: url[..<separator.lowerBound].lowercased())
        let rest = url[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else {
            throw Self.invalid("\(url[..<separator.upperBound])…", "a user name or password in it is not supported")
        }
        path = String(rest.dropFirst(authority.count).prefix { $0 != "?" && $0 != "#" })
        let (name, digits) = try Self.split(authority, of: url)
        guard !name.isEmpty else { throw Self.invalid(url, "it names no host") }
        host = String(name)
        guard let digits, !digits.isEmpty else {
            port = Self.defaultPort(isSecure: isSecure)
            return
        }
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits),
            (1...65535).contains(number)
        else { throw Self.invalid(url, "its port is not a number from 1 to 65535") }
        port = number
    }

    /// The port where the URL names none.
    static func defaultPort(isSecure: Bool) -> Int { isSecure ? 443 : 80 }

    private static func isSecure(scheme: String) throws(ProgressClientError) -> Bool {
        switch scheme {
        case "http", "ws": return false
        case "https", "wss": return true
        default:
            throw ProgressClientError(
                .unsupportedScheme,
                "\(scheme):// is not supported: use http://, https://, ws:// or wss://."
            )
        }
    }

    /// Host and port of an authority; an IPv6 address stands in brackets.
    private static func split(
        _ authority: Substring,
        of url: String
    ) throws(ProgressClientError) -> (host: Substring, port: Substring?) {
        if authority.first == "[" {
            guard let bracket = authority.firstIndex(of: "]") else {
                throw invalid(url, "the bracket of its address is not closed")
            }
            let host = authority[authority.index(after: authority.startIndex)..<bracket]
            guard host.utf8.allSatisfy(isOfAddress), host.contains(":") else {
                throw invalid(url, "what stands in its brackets is no IPv6 address")
            }
            let rest = authority[authority.index(after: bracket)...]
            guard rest.isEmpty || rest.first == ":" else {
                throw invalid(url, "something other than a port follows its address")
            }
            return (host, rest.isEmpty ? nil : rest.dropFirst())
        }
        guard let colon = authority.firstIndex(of: ":") else { return (authority, nil) }
        let port = authority[authority.index(after: colon)...]
        guard !port.contains(":") else { throw invalid(url, "an IPv6 address must stand in brackets") }
        return (authority[..<colon], port)
    }

    /// Whether a byte may stand in an IPv6 address, which may end with one of IPv4 (RFC 3986 section 3.2.2).
    private static func isOfAddress(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func firstRange(of text: String, in url: String) -> Range<String.Index>? {
        var start = url.startIndex
        while start < url.endIndex {
            if url[start...].hasPrefix(text) { return start..<url.index(start, offsetBy: text.count) }
            start = url.index(after: start)
        }
        return nil
    }

    /// What an error may quote of a URL: not its fragment, where a link has its token.
    static func quoted(_ url: String) -> Substring {
        url.prefix { $0 != "#" }.prefix(200)
    }

    private static func invalid(_ url: String, _ why: String) -> ProgressClientError {
        ProgressClientError(.invalidURL, "\"\(quoted(url))\" is not a usable URL: \(why).")
    }
}
