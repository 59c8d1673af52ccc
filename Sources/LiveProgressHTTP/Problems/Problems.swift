// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

/// The problems (RFC 9457) that the HTTP API reports in addition to those of the core, each with a stable type.
///
/// Each `detail` says what the client can do.
enum Problems {
    /// The 404 for an unknown operation, an invalid identifier, and an operation that the caller may not see.
    ///
    /// All three have the same text (invariant 12).
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
        ProgressProblem(.methodNotAllowed, "This path does not support \(method). Use one of \(allow).")
    }

    static func notAcceptable(_ offers: [MediaType]) -> ProgressProblem {
        ProgressProblem(
            .notAcceptable,
            "None of the media types in Accept is available. Ask for \(list(offers))."
        )
    }

    static func unsupportedMediaType(_ types: [MediaType]) -> ProgressProblem {
        ProgressProblem(
            .unsupportedMediaType,
            "Send \(list(types)), in UTF-8, and name the media type in Content-Type."
        )
    }

    static func bodyTooLarge(limit: Int) -> ProgressProblem {
        ProgressProblem(
            .bodyTooLarge,
            "A body may have at most \(limit) bytes. Send smaller details, or fewer lines per request."
        )
    }

    static func malformedTag(_ field: String) -> ProgressProblem {
        ProgressProblem(
            .malformedHeader,
            "\(field) must be * or a list of quoted tags from ETag, such as \"k3f9-42\"."
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
        "The server is shutting down. Try again after the seconds in Retry-After; a cursor resumes your watch."
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
    /// Returns the 501 for a method that the server does not implement.
    @_spi(Server) public static func methodNotImplemented(_ method: String) -> ProgressProblem {
        ProgressProblem(.methodNotImplemented, "The server does not support \(method).")
    }

    /// Returns the 414 for a request target of more than `limit` bytes.
    @_spi(Server) public static func targetTooLong(limit: Int) -> ProgressProblem {
        ProgressProblem(.targetTooLong, past: .targetSize, "A request target may have at most \(limit) bytes.")
    }

    /// The 403 for a ticket request without a token in `Authorization`.
    @_spi(Server) public static let ticketWithoutToken = ProgressProblem(
        .forbidden,
        "A ticket requires a token. Send the token in the field Authorization."
    )
}
