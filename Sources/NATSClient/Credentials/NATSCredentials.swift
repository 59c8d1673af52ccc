// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// How a client proves who it is.
///
/// The text of a value contains no secret.
public enum NATSCredentials: Sendable, Hashable, CustomStringConvertible {
    /// The user and password, or the token, in the URL of the server; none if the URL has none.
    case address
    /// A user and a password.
    case user(String, password: String)
    /// A token.
    case token(String)
    /// A signature with a key, from its seed such as `SUAM…`.
    case key(NATSKey)
    /// A JWT, and a signature with the key of its user: the contents of a `.creds` file.
    case jwt(String, NATSKey)

    /// The kind of proof, with the user or the public key.
    public var description: String {
        switch self {
        case .address: "the user of the address"
        case .user(let user, _): "the user \(user)"
        case .token: "a token"
        case .key(let key): "the key \(key)"
        case .jwt(_, let key): "a JWT with the key \(key)"
        }
    }

    /// Reads the contents of a `.creds` file, or of a file with only the seed of a key.
    ///
    /// - Parameter text: The contents of the file.
    /// - Throws: ``NATSError/Code/invalid`` if the text holds no seed, or a damaged one.
    public init(file text: String) throws(NATSError) {
        let lines = text.split(whereSeparator: \.isNewline).map { String($0.filter { !$0.isWhitespace }) }
        guard let seed = lines.first(where: { $0.hasPrefix("S") && $0.utf8.count == NATSKey.seedLength }) else {
            throw NATSError(
                .invalid,
                "The file of credentials holds no seed of a key. Expected a .creds file, or a file with one line SU…."
            )
        }
        let key = try NATSKey(seed: seed)
        // A JWT is a JSON object in base64url, so it starts with `{"` in that encoding.
        guard let jwt = lines.first(where: { $0.hasPrefix("eyJ") }) else {
            self = .key(key)
            return
        }
        self = .jwt(jwt, key)
    }
}

extension NATSCredentials {
    /// Adds the proof to the members of `CONNECT`.
    ///
    /// - Throws: ``NATSError/Code/unauthorized`` if the server sent no challenge for a key to sign.
    func prove(to info: ServerInfo, at address: NATSAddress, in options: inout ConnectOptions) throws(NATSError) {
        switch self {
        case .address:
            if let password = address.password {
                options.user = address.user
                options.password = password
            } else {
                options.token = address.user
            }
        case .user(let user, let password):
            options.user = user
            options.password = password
        case .token(let token): options.token = token
        case .key(let key):
            options.publicKey = key.publicKey
            options.signature = try sign(info, with: key)
        case .jwt(let jwt, let key):
            options.jwt = jwt
            options.signature = try sign(info, with: key)
        }
    }

    private func sign(_ info: ServerInfo, with key: NATSKey) throws(NATSError) -> String {
        guard let nonce = info.nonce else {
            throw NATSError(
                .unauthorized,
                "The server asks for no signature, so it knows no keys. Remove the key, or configure the server with it."
            )
        }
        return try key.signature(of: nonce)
    }
}
