// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
@_spi(Server) import LiveProgressHTTP
import Testing

@testable import LiveProgressServer

@Suite("Tokens")
struct TokenVerifierTests {
    private func refusal(of token: String, _ verifier: TokenVerifier) -> TokenError? {
        do throws(TokenError) {
            try verifier.verify(token).check(at: TokenFixtures.now)
            return nil
        } catch {
            return error
        }
    }

    @Test("A token signed by any key grants its permissions for its scope: one operation, labels, or everything")
    func grants() async throws {
        let fixtures = try TokenFixtures()
        for key in [fixtures.old, fixtures.signer, fixtures.edDSA, fixtures.foreignSigner] {
            for scope in [
                ProgressScope.everything, .operation("a"), .labels(["team": "red"]),
                .run("a", epoch: "e", labels: [:]), .run("a", epoch: "e", labels: ["team": "red"]),
            ] {
                let claims = TokenClaims(
                    subject: "s",
                    permissions: [.watch, .cancel],
                    scope: scope,
                    from: TokenFixtures.now,
                    for: .seconds(60)
                )
                let verified = try fixtures.verifier().verify(TokenIssuer(key: key).token(claims))
                try verified.check(at: TokenFixtures.now)
                #expect(verified.principal.grants == [ProgressGrant([.watch, .cancel], for: scope)])
                #expect(verified.principal.subject == "s")
                #expect(verified.principal.expiresAt == TokenFixtures.now.addingTimeInterval(60))
            }
        }
    }

    @Test("The newest key signs tokens")
    func newest() async throws {
        #expect(try TokenFixtures().keys.signer?.id == "new")
    }

    @Test("A token is refused before nbf, from exp on, and without exp")
    func times() async throws {
        let fixtures = try TokenFixtures()
        let issuer = TokenIssuer(key: fixtures.signer)
        let now = TokenFixtures.now.timeIntervalSince1970
        let cases: [(exp: Double?, nbf: Double?, refusal: TokenError?)] = [
            (now + 1, nil, nil), (now, nil, .expired), (now - 1, nil, .expired), (nil, nil, .neverEnds),
            (now + 9, now, nil), (now + 99, now + 60, .notYetValid), (now + 99, now + 4, nil),
        ]
        for each in cases {
            let claims = TokenFixtures.claims { ($0.exp, $0.nbf) = (each.exp, each.nbf) }
            #expect(refusal(of: try issuer.token(claims), fixtures.verifier()) == each.refusal)
        }
    }

    @Test("The header cannot choose the algorithm: neither none, nor HS256 with a public key as the secret")
    func algorithms() async throws {
        let fixtures = try TokenFixtures()
        let claims = #"{"can":["admin"],"exp":1800003600}"#
        let publicAsSecret = TokenAlgorithm.hs256(secret: fixtures.publicBytes)
        let verifier = fixtures.verifier()
        for header in [
            #"{"alg":"none"}"#, #"{"alg":"none","kid":"new"}"#, #"{"alg":"None","kid":"ed"}"#,
            #"{"alg":"","kid":"new"}"#,
        ] {
            for signature in [[], [0]] as [[UInt8]] {
                let token = TokenFixtures.token(header: header, claims: claims) { _ in signature }
                #expect(refusal(of: token, verifier) == .badSignature)
            }
        }
        for header in [
            #"{"alg":"HS256","kid":"ed"}"#, #"{"alg":"EdDSA","kid":"ed"}"#, #"{"alg":"HS256","kid":"theirs"}"#,
        ] {
            let token = try TokenFixtures.token(header: header, claims: claims) {
                try publicAsSecret.signature(of: $0.utf8)
            }
            #expect(refusal(of: token, verifier) == .badSignature)
        }
    }

    @Test("A token with crit is refused with the same problem, whether or not its key is known")
    func critical() async throws {
        let fixtures = try TokenFixtures()
        for name in ["new", "ed", "nobody"] {
            let header = #"{"alg":"HS256","kid":"\#(name)","crit":["x"]}"#
            let token = try TokenFixtures.token(header: header, claims: #"{"exp":1800003600}"#) {
                try fixtures.signer.algorithm.signature(of: $0.utf8)
            }
            #expect(refusal(of: token, fixtures.verifier()) == .malformed)
        }
    }

    @Test("A token is refused if its key is unknown, if another key signed it, or if any character was changed")
    func signatures() async throws {
        let fixtures = try TokenFixtures()
        let verifier = fixtures.verifier()
        let claims = #"{"can":["watch"],"exp":1800003600}"#
        for header in [#"{"alg":"HS256"}"#, #"{"alg":"HS256","kid":"nobody"}"#, #"{"alg":"HS256","kid":"old"}"#] {
            let token = try TokenFixtures.token(header: header, claims: claims) {
                try fixtures.signer.algorithm.signature(of: $0.utf8)
            }
            #expect(refusal(of: token, verifier) == .badSignature)
        }
        let token = try TokenIssuer(key: fixtures.signer).token(TokenFixtures.claims())
        #expect(refusal(of: token, verifier) == nil)
        for index in token.indices {
            var changed = token
            changed.replaceSubrange(index...index, with: token[index] == "A" ? "B" : "A")
            // The last base64url digit of 32 bytes has unused bits, so a change may decode to the same signature.
            if Base64URL.decode(changed.split(separator: ".").last ?? "")
                == Base64URL.decode(token.split(separator: ".")[2]),
                changed.prefix(token.count - 1) == token.prefix(token.count - 1)
            {
                continue
            }
            #expect(refusal(of: changed, verifier) != nil)
        }
    }

    @Test(
        "Invalid token text is refused",
        arguments: [
            "", ".", "..", "...", "a.b", "a.b.c", "a.b.c.d", "e30.e30.", "é.é.é", String(repeating: "a", count: 5000),
        ]
    )
    func garbage(_ text: String) async throws {
        #expect(refusal(of: text, try TokenFixtures().verifier()) != nil)
    }

    @Test("Claims with both an operation and labels, with empty labels, or with an invalid identifier are refused")
    func malformedClaims() async throws {
        let fixtures = try TokenFixtures()
        for change in [
            {
                $0.id = "a"
                $0.labels = ["a": "b"]
            }, { $0.labels = [:] }, { $0.id = "a/b" }, { $0.id = "" }, { $0.epoch = "e" },
        ] as [(inout TokenClaims) -> Void] {
            let token = try TokenIssuer(key: fixtures.signer).token(TokenFixtures.claims(change))
            #expect(refusal(of: token, fixtures.verifier()) == .malformed)
        }
    }

    @Test(
        "A claim of null is refused, because an absent claim means all operations",
        arguments: ["id", "labels", "epoch"]
    )
    func nullClaims(name: String) async throws {
        let fixtures = try TokenFixtures()
        let claims = #"{"can":["admin"],"exp":1800003600,"\#(name)":null}"#
        let token = try TokenFixtures.token(header: #"{"alg":"HS256","kid":"new"}"#, claims: claims) {
            try fixtures.signer.algorithm.signature(of: $0.utf8)
        }
        #expect(refusal(of: token, fixtures.verifier()) == .malformed)
    }

    @Test("A token with no permissions or with unknown permissions grants nothing")
    func unknownPermissions() async throws {
        let fixtures = try TokenFixtures()
        for can in [nil, [], ["everything"]] as [[String]?] {
            let token = try TokenIssuer(key: fixtures.signer).token(TokenFixtures.claims { $0.can = can })
            let grants = try fixtures.verifier().verify(token).principal.grants
            #expect(grants.allSatisfy { $0.permissions.isEmpty })
        }
    }

    @Test("Tokens of the key set need the configured issuer and audience; the server's own tokens do not")
    func origin() async throws {
        let fixtures = try TokenFixtures()
        let verifier = fixtures.verifier(issuer: "https://id.example", audience: "progress")
        let cases: [(iss: String?, aud: [String]?, isTaken: Bool)] = [
            ("https://id.example", ["progress"], true), ("https://id.example", ["x", "progress"], true),
            ("https://id.example", ["x"], false), ("https://id.example", [], false), ("https://id.example", nil, false),
            ("https://evil.example", ["progress"], false),
            (nil, ["progress"], false),
        ]
        for each in cases {
            let claims = TokenFixtures.claims { claims in
                claims.iss = each.iss
                claims.aud = each.aud.map { TokenAudience($0) }
            }
            let token = try TokenIssuer(key: fixtures.foreignSigner).token(claims)
            #expect(refusal(of: token, verifier) == (each.isTaken ? nil : .forOthers))
        }
        let own = try TokenIssuer(key: fixtures.signer).token(TokenFixtures.claims())
        #expect(refusal(of: own, verifier) == nil)
    }

    @Test("The cache of verified tokens has a capacity, and keeps tokens in use")
    func memory() async throws {
        let fixtures = try TokenFixtures()
        let verified = try fixtures.verifier().verify(TokenIssuer(key: fixtures.signer).token(TokenFixtures.claims()))
        var memory = VerifiedTokens(capacity: 8)
        memory.insert("used", verified)
        for number in 0..<100 {
            memory.insert("\(number)", verified)
            #expect(memory.verified("used") != nil)
            #expect(memory.count <= 8)
        }
        #expect(memory.verified("0") == nil)
        memory.removeAll()
        #expect(memory.count == 0 && memory.verified("used") == nil)
    }

    @Test("A ticket is valid once, for 30 seconds; over the capacity, the oldest tickets are dropped")
    func tickets() {
        var tickets = Tickets(capacity: 3)
        let principal = ProgressPrincipal(grants: [])
        tickets.issue("a", to: principal, now: .zero)
        #expect(tickets.redeem("a", now: .seconds(29)) == principal)
        #expect(tickets.redeem("a", now: .seconds(29)) == nil)
        tickets.issue("b", to: principal, now: .zero)
        #expect(tickets.redeem("b", now: .seconds(30)) == nil)
        for number in 0..<10 { tickets.issue("\(number)", to: principal, now: .seconds(40)) }
        #expect(tickets.count <= 3)
        #expect(tickets.redeem("0", now: .seconds(41)) == nil)
        #expect(tickets.redeem("9", now: .seconds(41)) == principal)
        #expect(Tickets.make() != Tickets.make() && Tickets.make().count == 32)
    }
}
