// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressWire

/// A resource of the API, with the methods that the resource accepts.
enum Route: Equatable {
    /// `/api/v1/progress`, or the path where the API is mounted: all operations.
    case collection
    /// `/api/v1/progress/{id}`: one operation; `nil` if the identifier is invalid.
    case operation(ProgressID?)
    /// `/api/v1/progress/{id}/cancel`: requests to stop one operation; `nil` if the identifier is invalid.
    case cancel(ProgressID?)
    /// `/api/v1/progress/{id}/answer`: answers to the question of one operation; `nil` if the identifier is invalid.
    case answer(ProgressID?)

    /// Finds the resource at a path; `nil` if the API has no resource there.
    init?(path: some StringProtocol, under base: String = ProgressRoutes.base) {
        switch ProgressRoutes.route(ofPath: path, under: base) {
        case .collection: self = .collection
        case .operation(let id): self = .operation(id)
        case .cancellation(let id): self = .cancel(id)
        case .answer(let id): self = .answer(id)
        case nil:
            guard path.utf8.starts(with: "\(base)/".utf8) else { return nil }
            let rest = path.dropFirst(base.count + 1)
            let segments = rest.split(separator: "/", omittingEmptySubsequences: false)
            switch (segments.count, segments.last) {
            case (1, _): self = .operation(nil)
            case (2, "cancel") where !segments[0].isEmpty: self = .cancel(nil)
            case (2, "answer") where !segments[0].isEmpty: self = .answer(nil)
            default: return nil
            }
        }
    }

    var isAnswer: Bool { if case .answer = self { true } else { false } }

    /// The operation; `nil` for the collection, or if the identifier is invalid.
    var operation: ProgressID? {
        switch self {
        case .collection: nil
        case .operation(let id), .cancel(let id), .answer(let id): id
        }
    }

    /// The methods that the resource accepts, in the order of `Allow`.
    var methods: [HTTPRequest.Method] {
        switch self {
        case .collection: [.get, .head, .options, .post]
        case .operation: [.delete, .get, .head, .options, .patch, .put]
        case .cancel, .answer: [.options, .post]
        }
    }

    /// The value of the `Allow` field.
    var allow: String {
        methods.map(\.rawValue).joined(separator: ", ")
    }
}
