// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// SHA-1 (FIPS 180-4) for its only use in RFC 6455: a checksum of the handshake, not a protection.
enum SHA1 {
    private static let blockSize = 64

    static func hash(_ message: some Collection<UInt8>) -> [UInt8] {
        // Section 5.1.1: the padding is one set bit, zeros, and the length of the message at the end of the last block.
        let blocks = (message.count + 9 + blockSize - 1) / blockSize
        var padded: [UInt8] = []
        padded.reserveCapacity(blocks * blockSize)
        padded.append(contentsOf: message)
        let bitCount = UInt64(padded.count) * 8
        padded.append(0x80)
        padded.append(contentsOf: repeatElement(0, count: blocks * blockSize - 8 - padded.count))
        withUnsafeBytes(of: bitCount.bigEndian) { padded.append(contentsOf: $0) }
        var state = State()
        padded.withUnsafeBytes { bytes in
            for block in 0..<blocks { state.add(bytes, at: block * blockSize) }
        }
        return state.bytes
    }

    /// The five words of section 6.1.
    private struct State {
        private var a: UInt32 = 0x6745_2301
        private var b: UInt32 = 0xEFCD_AB89
        private var c: UInt32 = 0x98BA_DCFE
        private var d: UInt32 = 0x1032_5476
        private var e: UInt32 = 0xC3D2_E1F0

        /// The words as big-endian bytes.
        var bytes: [UInt8] {
            let words = (a.bigEndian, b.bigEndian, c.bigEndian, d.bigEndian, e.bigEndian)
            return withUnsafeBytes(of: words) { Array($0) }
        }

        mutating func add(_ bytes: UnsafeRawBufferPointer, at start: Int) {
            withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { words in
                for index in 0..<16 {
                    let word = bytes.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self)
                    words.initializeElement(at: index, to: UInt32(bigEndian: word))
                }
                for index in 16..<80 {
                    let mix = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
                    words.initializeElement(at: index, to: rotate(mix, by: 1))
                }
                add(UnsafeBufferPointer(words))
            }
        }

        private mutating func add(_ words: UnsafeBufferPointer<UInt32>) {
            let before = self
            turn(words[0..<20], 0x5A82_7999) { b, c, d in (b & c) | (~b & d) }
            turn(words[20..<40], 0x6ED9_EBA1) { b, c, d in b ^ c ^ d }
            turn(words[40..<60], 0x8F1B_BCDC) { b, c, d in (b & c) | (b & d) | (c & d) }
            turn(words[60..<80], 0xCA62_C1D6) { b, c, d in b ^ c ^ d }
            a &+= before.a
            b &+= before.b
            c &+= before.c
            d &+= before.d
            e &+= before.e
        }

        /// Performs 20 of the 80 steps, which share one mix function.
        private mutating func turn(
            _ words: Slice<UnsafeBufferPointer<UInt32>>,
            _ constant: UInt32,
            _ mix: (UInt32, UInt32, UInt32) -> UInt32
        ) {
            for word in words {
                let next = rotate(a, by: 5) &+ mix(b, c, d) &+ e &+ constant &+ word
                (a, b, c, d, e) = (next, a, rotate(b, by: 30), c, d)
            }
        }

        private func rotate(_ word: UInt32, by count: UInt32) -> UInt32 {
            word << count | word >> (32 - count)
        }
    }
}
