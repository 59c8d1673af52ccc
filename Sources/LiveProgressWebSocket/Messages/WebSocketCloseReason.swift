// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOCore

/// Why a connection closes: the code and the text of a close frame, RFC 6455 section 7.4.
package struct WebSocketCloseReason: Sendable, Hashable {
    /// The code; 1005 (no code received) and 1006 (no close frame received) are reported here but never sent.
    package var code: UInt16
    /// A short text for debugging.
    package var reason: String

    /// Creates a reason of the given parts.
    /// - Parameters:
    ///   - code: The code.
    ///   - reason: A short text; on the wire it is cut to the 123 bytes that fit.
    package init(code: UInt16, reason: String = "") {
        self.code = code
        self.reason = reason
    }

    /// The reason if the peer's close frame has no code.
    package static let noCode = Self(code: 1005)
    /// The reason if the connection breaks without a close frame.
    package static let abnormal = Self(code: 1006)

    /// Returns whether a code may be sent in a close frame, by section 7.4 and its registry.
    /// - Parameter code: The code to check.
    /// - Returns: `true` for 1000-1003, 1007-1014 and 3000-4999.
    package static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}

extension WebSocketCloseReason {
    private static let maximumReasonLength = FrameHeader.maximumControlLength - 2

    /// Reads the payload of a close frame.
    /// - Throws: A violation: code 1002 for a wrong length or code, 1007 for a reason that is not UTF-8.
    init(payload: ByteBuffer) throws(WebSocketViolation) {
        guard payload.readableBytes > 0 else {
            self = .noCode
            return
        }
        guard let code = payload.getInteger(at: payload.readerIndex, as: UInt16.self) else {
            throw .protocolError("A close frame has one byte only.")
        }
        guard Self.isSendable(code) else { throw .protocolError("The close code may not be sent.") }
        let text = payload.readableBytesView.dropFirst(2)
        var validator = UTF8Validator()
        let isValid = text.withUnsafeBytes { validator.accepts($0) }
        guard isValid, validator.isAtBoundary else { throw .notUTF8 }
        self.init(code: code, reason: String(decoding: text, as: UTF8.self))
    }

    /// The payload of a close frame; empty if the code may not be sent.
    package var payload: ByteBuffer {
        var buffer = ByteBuffer()
        guard Self.isSendable(code) else { return buffer }
        buffer.writeInteger(code)
        var text = Substring(reason)
        while text.utf8.count > Self.maximumReasonLength { text.removeLast() }
        buffer.writeSubstring(text)
        return buffer
    }
}

/// A violation of the protocol by the peer; the connection fails with this code (RFC 6455 section 7.1.7).
package struct WebSocketViolation: Error, Sendable, Hashable {
    /// The reason that the peer receives before the connection closes.
    package let closeReason: WebSocketCloseReason
    /// The limit that the peer exceeded; `nil` if the violation has another reason.
    private(set) var limit: WebSocketLimit?

    /// Creates a violation that closes with the given reason.
    package init(closeReason: WebSocketCloseReason) {
        self.closeReason = closeReason
    }

    init(_ code: WebSocketCloseCode, _ detail: String? = nil) {
        self.init(closeReason: WebSocketCloseReason(code, detail))
    }

    static func protocolError(_ reason: String) -> Self { Self(.protocolError, reason) }

    static let notUTF8 = Self(.invalidPayload)

    static func tooBig(_ reason: String) -> Self {
        var violation = Self(.messageTooBig, reason)
        violation.limit = .messageSize
        return violation
    }

    static func tooManyMessages(_ limit: Int) -> Self {
        var violation = Self(.policyViolation, "More than \(limit) messages in a minute.")
        violation.limit = .messageRate
        return violation
    }
}
