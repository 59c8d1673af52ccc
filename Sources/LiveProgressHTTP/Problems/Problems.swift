// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

/// The problems that the HTTP API tells of beside those of the core, each with a stable type (RFC 9457).
///
/// Every detail says what the client can do about it.
enum Problems {
    /// The same words for an identifier that nobody has used, that nobody may use, and that one may not see
    /// (invariant 12).
    static let unknown = ProgressProblem(
        .unknown,
        "There is no operation with this identifier. Check it, or create the operation with PUT to this URL."
    )

    static func noSuchResource(under base: String) -> ProgressProblem {
        ProgressProblem(
            .noSuchResource,
            "There is nothing at this path. Operations are at \(base)/{id}, their list at \(base)."
        )
    }

    static func methodNotAllowed(_ method: String, allow: String) -> ProgressProblem {
        ProgressProblem(.methodNotAllowed, "\(method) does nothing here. Use one of \(allow).")
    }

    static func notAcceptable(_ offers: [MediaType]) -> ProgressProblem {
        ProgressProblem(
            .notAcceptable,
            "Nothing that Accept names is available. Ask for \(list(offers))."
        )
    }

    static func unsupportedMediaType(_ types: [MediaType]) -> ProgressProblem {
        ProgressProblem(
            .unsupportedMediaType,
            "Send \(list(types)), in UTF-8, and say which in Content-Type."
        )
    }

    static func bodyTooLarge(limit: Int) -> ProgressProblem {
        ProgressProblem(
            .bodyTooLarge,
            "A body may have at most \(limit) bytes. Send smaller details, or fewer lines at once."
        )
    }

    static func malformedTag(_ field: String) -> ProgressProblem {
        ProgressProblem(
            .malformedHeader,
            "\(field) must be * or a list of quoted tags, such as \"k3f9-42\", as ETag gave them."
        )
    }

    static func invalidQuery(_ detail: String) -> ProgressProblem {
        ProgressProblem(.invalidQuery, detail)
    }

    static let alreadyThere = ProgressProblem(
        .alreadyExists,
        "If-None-Match: * asks for a new operation, but this one exists. Leave the field out to report on it.",
        status: 412
    )

    static func cursorMismatch(_ current: ProgressCursor) -> ProgressProblem {
        ProgressProblem(
            .cursorMismatch,
            "If-Match does not name the current revision, which is \"\(current)\". Read it and try again."
        )
    }

    static let cursorOfNothing = ProgressProblem(
        .cursorMismatch,
        "If-Match names a revision, but there is no operation with this identifier. Leave the field out to create it."
    )

    static let shuttingDown = ProgressProblem(
        .shuttingDown,
        "The server is going away. Try again after the seconds in Retry-After; a cursor resumes what is still there."
    )

    static let invalidID = ProgressProblem(
        .invalidID,
        "An identifier has 1 to \(ProgressID.maximumLength) characters of A-Z a-z 0-9 - . _ ~ : @, and is neither . nor .."
    )

    static let idMismatch = ProgressProblem(
        .invalidID,
        "The id in the body is not the one in the URL. Leave it out."
    )

    private static func list(_ types: [MediaType]) -> String {
        let names = types.map(\.description)
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " or " + last
    }
}

extension ProgressProblem {
    /// The method is none that the server knows.
    @_spi(Server) public static func methodNotImplemented(_ method: String) -> ProgressProblem {
        ProgressProblem(.methodNotImplemented, "\(method) does nothing here.")
    }

    /// The target of the request is longer than the limit, in bytes.
    @_spi(Server) public static func targetTooLong(limit: Int) -> ProgressProblem {
        ProgressProblem(.targetTooLong, past: .targetSize, "A target may have up to \(limit) bytes.")
    }

    /// A ticket was asked for without a token.
    @_spi(Server) public static let ticketWithoutToken = ProgressProblem(
        .forbidden,
        "A ticket is given for a token in the field Authorization only."
    )
}
