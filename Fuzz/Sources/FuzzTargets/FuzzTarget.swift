// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzBodies
internal import FuzzCommandOutput
internal import FuzzConnection
internal import FuzzConversation
internal import FuzzFields
internal import FuzzFrames
internal import FuzzHTTP2
internal import FuzzHandshakeAnswer
internal import FuzzInflate
internal import FuzzJSON
internal import FuzzJournal
internal import FuzzNATS
internal import FuzzRequests
internal import FuzzTokens

/// A kind of input, named as its folder in `Fuzz/Corpus`.
public enum FuzzTarget: String, CaseIterable, Sendable {
    case bodies
    case commandOutput = "command-output"
    case connection
    case conversation
    case fields
    case frames
    case handshakeAnswer = "handshake-answer"
    case http2
    case inflate
    case journal
    case json
    case nats
    case requests
    case tokens

    /// Checks one input; ends the process if the check fails.
    ///
    /// - Parameter bytes: The input.
    public func check(_ bytes: [UInt8]) {
        switch self {
        case .bodies: FuzzBodies.checkInput(bytes)
        case .commandOutput: FuzzCommandOutput.checkInput(bytes)
        case .connection: FuzzConnection.checkInput(bytes)
        case .conversation: FuzzConversation.checkInput(bytes)
        case .fields: FuzzFields.checkInput(bytes)
        case .frames: FuzzFrames.checkInput(bytes)
        case .handshakeAnswer: FuzzHandshakeAnswer.checkInput(bytes)
        case .http2: FuzzHTTP2.checkInput(bytes)
        case .inflate: FuzzInflate.checkInput(bytes)
        case .journal: FuzzJournal.checkInput(bytes)
        case .json: FuzzJSON.checkInput(bytes)
        case .nats: FuzzNATS.checkInput(bytes)
        case .requests: FuzzRequests.checkInput(bytes)
        case .tokens: FuzzTokens.checkInput(bytes)
        }
    }
}
