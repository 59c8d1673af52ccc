// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NATSClient
import Testing

@Suite("Keys and files of credentials")
struct KeyTests {
    /// The example of the documentation of NATS.
    private static let seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY"
    private static let publicKey = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4"

    @Test("The public key of a seed is that of the documentation, and no text shows the seed")
    func example() throws {
        let key = try NATSKey(seed: Self.seed)
        #expect(key.publicKey == Self.publicKey)
        let credentials: [NATSCredentials] = [
            .key(key), .jwt("s3cret", key), .token("s3cret"), .user("u", password: "s3cret"),
        ]
        for text in ["\(key)", "\(credentials)"] {
            #expect(!text.contains(Self.seed.dropFirst(4)))
            #expect(!text.contains("s3cret"))
        }
    }

    @Test(
        "A damaged seed, a public key and the seed of an account are refused",
        arguments: [
            "", "SUA", publicKey, "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VX",
            "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3V1",
            "SAACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY",
        ]
    )
    func damaged(seed: String) {
        #expect { try NATSKey(seed: seed) } throws: { ($0 as? NATSError)?.code == .invalid }
    }

    @Test("A file holds a JWT and a seed between lines of dashes, or a seed alone")
    func files() throws {
        let key = try NATSKey(seed: Self.seed)
        let jwt = "eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJVIn0.c2ln"
        let file = """
            -----BEGIN NATS USER JWT-----
            \(jwt)
            ------END NATS USER JWT------

            ************************* IMPORTANT *************************
            -----BEGIN USER NKEY SEED-----
            \(Self.seed)
            ------END USER NKEY SEED------
            """
        #expect(try NATSCredentials(file: file) == .jwt(jwt, key))
        #expect(try NATSCredentials(file: file.replacing("\n", with: "\r\n")) == .jwt(jwt, key))
        #expect(try NATSCredentials(file: "\(Self.seed)\n") == .key(key))
        #expect { try NATSCredentials(file: jwt) } throws: { ($0 as? NATSError)?.code == .invalid }
    }
}
