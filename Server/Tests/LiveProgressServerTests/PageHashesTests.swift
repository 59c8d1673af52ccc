// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Crypto
import Foundation
import Testing

@_spi(Server) @testable import LiveProgressPages

/// Checks the hashes in the source of the pages, in a package that has a cryptography library.
@Suite("The hashes of the pages")
struct PageHashesTests {
    @Test(
        "The policy contains exactly the hashes of the scripts and styles in the pages",
        arguments: [
            ("script-src", "<script type=\"module\">", "</script>"), ("style-src", "<style>", "</style>"),
        ]
    )
    func policyMatchesPages(directive: String, start: String, end: String) throws {
        let sources = try [ProgressPages.operation, ProgressPages.list].map { page in
            let pieces = String(decoding: page, as: UTF8.self).components(separatedBy: start)
            #expect(pieces.count == 2)
            let piece = try #require(pieces.last?.components(separatedBy: end).first)
            #expect(!piece.isEmpty)
            return "'sha256-\(Data(SHA256.hash(data: Data(piece.utf8))).base64EncodedString())'"
        }
        let wanted = "\(directive) \(sources.joined(separator: " "))"
        #expect(ProgressPages.contentSecurityPolicy.components(separatedBy: "; ").contains(wanted))
    }
}
