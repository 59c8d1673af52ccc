// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension JSONParser {
    /// Parses a string; the position is at its opening quotation mark.
    mutating func parseString() throws(JSONError) -> String {
        position += 1
        let start = position
        try skipPlainCharacters()
        if bytes[position] == UInt8(ascii: "\"") {
            defer { position += 1 }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        var characters = Array(bytes[start..<position])
        while !consume("\"") {
            try parseEscape(into: &characters)
            let run = position
            try skipPlainCharacters()
            characters.append(contentsOf: bytes[run..<position])
        }
        return String(decoding: characters, as: UTF8.self)
    }

    /// Moves to the next quotation mark or backslash; accepts only valid UTF-8 on the way.
    private mutating func skipPlainCharacters() throws(JSONError) {
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
            guard byte >= 0x20 else { throw expected("an escape in place of a control character") }
            if byte < 0x80 {
                position += 1
            } else {
                try skipMultibyteCharacter()
            }
        }
        throw expected("a closing quotation mark")
    }

    /// Moves past one character of two to four bytes (RFC 3629 section 4: no surrogates, no overlong forms).
    private mutating func skipMultibyteCharacter() throws(JSONError) {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch bytes[position] {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: throw expected("valid UTF-8")
        }
        guard position + length <= bytes.count, second.contains(bytes[position + 1]),
            bytes[(position + 2)..<(position + length)].allSatisfy({ $0 & 0xC0 == 0x80 })
        else { throw expected("valid UTF-8") }
        position += length
    }

    /// Appends the character of an escape; the position is at the backslash.
    private mutating func parseEscape(into characters: inout [UInt8]) throws(JSONError) {
        position += 1
        switch next {
        case UInt8(ascii: "\""): characters.append(UInt8(ascii: "\""))
        case UInt8(ascii: "\\"): characters.append(UInt8(ascii: "\\"))
        case UInt8(ascii: "/"): characters.append(UInt8(ascii: "/"))
        case UInt8(ascii: "b"): characters.append(0x08)
        case UInt8(ascii: "f"): characters.append(0x0C)
        case UInt8(ascii: "n"): characters.append(0x0A)
        case UInt8(ascii: "r"): characters.append(0x0D)
        case UInt8(ascii: "t"): characters.append(0x09)
        case UInt8(ascii: "u"):
            position += 1
            characters.append(contentsOf: UTF8.encode(try parseScalar())!)
            return
        default: throw expected("one of \" \\ / b f n r t u after a backslash")
        }
        position += 1
    }

    /// Parses a Unicode scalar of one escape or of a surrogate pair; the position is after the first `u`.
    private mutating func parseScalar() throws(JSONError) -> Unicode.Scalar {
        let start = position
        let unit = try parseHexadecimal()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(unit) else {
            throw JSONError(offset: start, expected: "no low surrogate without a high one before it")
        }
        guard consume("\\"), consume("u") else { throw expected("the escape of a low surrogate") }
        let lowStart = position
        let low = try parseHexadecimal()
        guard UTF16.isTrailSurrogate(low) else {
            throw JSONError(offset: lowStart, expected: "the escape of a low surrogate")
        }
        return UTF16.decode(UTF16.EncodedScalar([unit, low]))
    }

    private mutating func parseHexadecimal() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            let digit: UInt8
            switch next ?? 0 {
            case let byte where byte &- UInt8(ascii: "0") < 10: digit = byte - UInt8(ascii: "0")
            case let byte where byte &- UInt8(ascii: "a") < 6: digit = byte - UInt8(ascii: "a") + 10
            case let byte where byte &- UInt8(ascii: "A") < 6: digit = byte - UInt8(ascii: "A") + 10
            default: throw expected("four hexadecimal digits")
            }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
