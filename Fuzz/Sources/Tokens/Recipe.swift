// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FoundationEssentials
internal import FuzzSupport
@_spi(Server) internal import LiveProgressHTTP

@testable internal import LiveProgressServer

/// A token that is built as the input says, so that the expected decision of the verifier is known.
///
/// The first line names the signer: a name of ``Keys/signers`` or of ``Keys/forgers``; any other text is used as the signature.
/// After a `#` follows the position of a character to change. The next line is the header, and the rest is the claims.
struct Recipe {
    private let keys: Keys
    private let signer: String
    private let header: [UInt8]
    private let claims: [UInt8]
    private let token: String
    private let isChanged: Bool

    init(_ line: String, _ bytes: ArraySlice<UInt8>, keys: Keys) {
        self.keys = keys
        let words = line.split(separator: "#", omittingEmptySubsequences: false)
        signer = words.first.map(String.init) ?? ""
        header = Array(bytes.prefix { $0 != UInt8(ascii: "\n") })
        claims = Array(bytes.dropFirst(header.count + 1))
        let input = "\(Base64URL.encode(header)).\(Base64URL.encode(claims))"
        let algorithm = keys.signers[signer] ?? keys.forgers[signer]
        let signature: [UInt8]
        do {
            signature = try algorithm?.signature(of: input.utf8) ?? Array(signer.utf8)
        } catch {
            fail("\(signer) cannot sign: \(error)")
        }
        let token = "\(input).\(Base64URL.encode(signature))"
        self.token = words.count > 1 ? Self.changed(token, at: Int(words[1]) ?? 0) : token
        isChanged = self.token != token
    }

    /// Returns the token with one character changed; the last one stays, because it has unused bits.
    private static func changed(_ token: String, at place: Int) -> String {
        var bytes = Array(token.utf8.dropLast())
        let index = Int(place.magnitude % UInt(bytes.count))
        bytes[index] = bytes[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        return String(decoding: bytes, as: UTF8.self) + token.suffix(1)
    }

    func check() {
        do throws(TokenError) {
            let verified = try keys.verifier.verify(token)
            expect(!isChanged, "took a token that was changed: \(token)")
            expect(keys.signers[signer] != nil, "took what was signed by \(signer)")
            if let expected = header(ofKnown: signer) { expect(expected, "took the header \(text(header))") }
            checkVerified(verified)
        } catch {
            checkRefusal(error)
        }
    }

    private func checkVerified(_ verified: TokenVerifier.Verified) {
        var refusal: TokenError?
        do throws(TokenError) { try verified.check(at: Date(timeIntervalSince1970: Keys.now)) } catch {
            refusal = error
        }
        let model = ClaimsModel(claims)
        if let model {
            expect(model.isWellFormed, "took the claims \(text(claims))")
            if signer == "theirs" { expect(model.namesOrigin, "took another origin: \(text(claims))") }
            expectEqual(refusal, model.refusal, "the time of \(text(claims))")
            expectEqual(verified.principal.grants, [model.grant], "the grant of \(text(claims))")
            expectEqual(verified.principal.subject, model.subject, "the subject of \(text(claims))")
        }
        AccessJudge(keys: keys, token: token).check(refusal == nil ? verified.principal : nil, refusal)
    }

    /// Checks that each kind of error gives its own refusal.
    private func checkRefusal(_ refusal: TokenError) {
        AccessJudge(keys: keys, token: token).check(nil, refusal)
        guard !isChanged, let isKnown = header(ofKnown: signer) else {
            // The verifier may accept a header that readers understand differently, and refuse the claims.
            let isOfOthers = !isChanged && signer == "theirs" && refusal == .forOthers
            let isExpected = isOfOthers || [.malformed, .badSignature].contains(refusal)
            return expect(isExpected, "refused with \(refusal.reason)")
        }
        guard token.utf8.count <= TokenVerifier.maximumLength else { return expectEqual(refusal, .malformed, token) }
        guard let fields = HeaderModel(header), fields.isWellFormed else {
            return expectEqual(refusal, .malformed, "the header \(text(header))")
        }
        guard isKnown else { return expectEqual(refusal, .badSignature, "the header \(text(header))") }
        guard let model = ClaimsModel(claims) else { return }
        let isForOthers = signer == "theirs" && !model.namesOrigin
        if model.hasRightTypes, isForOthers { return expectEqual(refusal, .forOthers, "the claims \(text(claims))") }
        expect(!model.isWellFormed, "refused the claims \(text(claims)): \(refusal.reason)")
        expectEqual(refusal, .malformed, "the claims \(text(claims))")
    }

    /// Returns whether the header names the signing key and its algorithm; `nil` if the model cannot tell.
    private func header(ofKnown signer: String) -> Bool? {
        guard let model = HeaderModel(header) else { return nil }
        guard let name = model.kid, name == signer, keys.signers[signer] != nil else { return false }
        return model.isWellFormed && model.alg == keys.algorithm(of: name)
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
