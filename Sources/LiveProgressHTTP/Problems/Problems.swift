// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The problems that the HTTP API tells of beside those of the core, each with a stable type (RFC 9457).
///
/// Every detail says what the client can do about it.
enum Problems {
    /// A problem of Live Progress itself, its type made from a name in kebab case.
    static func make(_ name: String, _ status: Int, _ title: String, _ detail: String) -> ProgressProblem {
        ProgressProblem(type: ProgressProblem.typePrefix + name, title: title, status: status, detail: detail)
    }

    /// The same words for an identifier that nobody has used, that nobody may use, and that one may not see
    /// (invariant 12).
    static let unknown = make(
        "unknown",
        404,
        "Unknown operation",
        "There is no operation with this identifier. Check it, or create the operation with PUT to this URL."
    )

    static func noSuchResource(under base: String) -> ProgressProblem {
        make(
            "no-such-resource",
            404,
            "No such resource",
            "There is nothing at this path. Operations are at \(base)/{id}, their list at \(base)."
        )
    }

    static func methodNotAllowed(_ method: String, allow: String) -> ProgressProblem {
        make("method-not-allowed", 405, "Method not allowed", "\(method) does nothing here. Use one of \(allow).")
    }

    static func notAcceptable(_ offers: [MediaType]) -> ProgressProblem {
        make(
            "not-acceptable",
            406,
            "Not acceptable",
            "Nothing that Accept names is available. Ask for \(list(offers))."
        )
    }

    static func unsupportedMediaType(_ types: [MediaType]) -> ProgressProblem {
        make(
            "unsupported-media-type",
            415,
            "Unsupported media type",
            "Send \(list(types)), in UTF-8, and say which in Content-Type."
        )
    }

    static func bodyTooLarge(limit: Int) -> ProgressProblem {
        make(
            "body-too-large",
            413,
            "Body too large",
            "A body may have at most \(limit) bytes. Send smaller details, or fewer lines at once."
        )
    }

    static func malformedTag(_ field: String) -> ProgressProblem {
        make(
            "malformed-header",
            400,
            "Malformed header field",
            "\(field) must be * or a list of quoted tags, such as \"k3f9-42\", as ETag gave them."
        )
    }

    static func invalidQuery(_ detail: String) -> ProgressProblem {
        make("invalid-query", 400, "Invalid query", detail)
    }

    static let alreadyThere = make(
        "already-exists",
        412,
        "Already exists",
        "If-None-Match: * asks for a new operation, but this one exists. Leave the field out to report on it."
    )

    static func cursorMismatch(_ current: ProgressCursor) -> ProgressProblem {
        make(
            "cursor-mismatch",
            412,
            "Revision has changed",
            "If-Match does not name the current revision, which is \"\(current)\". Read it and try again."
        )
    }

    static let cursorOfNothing = make(
        "cursor-mismatch",
        412,
        "Revision has changed",
        "If-Match names a revision, but there is no operation with this identifier. Leave the field out to create it."
    )

    static let shuttingDown = make(
        "shutting-down",
        503,
        "Shutting down",
        "The server is going away. Try again after the seconds in Retry-After; a cursor resumes what is still there."
    )

    static let invalidID = make(
        "invalid-id",
        422,
        "Invalid identifier",
        "An identifier has 1 to \(ProgressID.maximumLength) characters of A-Z a-z 0-9 - . _ ~ : @, and is neither . nor .."
    )

    static let idMismatch = make(
        "invalid-id",
        422,
        "Invalid identifier",
        "The id in the body is not the one in the URL. Leave it out."
    )

    private static func list(_ types: [MediaType]) -> String {
        let names = types.map(\.description)
        guard let last = names.last, names.count > 1 else { return names.first ?? "" }
        return names.dropLast().joined(separator: ", ") + " or " + last
    }
}
