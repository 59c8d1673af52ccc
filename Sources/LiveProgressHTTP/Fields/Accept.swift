// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar

/// The `Accept` field of a request (RFC 9110, section 12.5.1).
struct Accept {
    /// One media range with its weight.
    private struct Range {
        let media: MediaType
        /// The weight in thousandths, from 0 to 1000.
        let weight: Int

        var specificity: Int {
            switch (media.type, media.subtype) {
            case ("*", "*"): 0
            case (_, "*"): 1
            default: 2
            }
        }

        func matches(_ offer: MediaType) -> Bool {
            switch specificity {
            case 0: true
            case 1: media.type == offer.type
            default: media == offer
            }
        }
    }

    private let ranges: [Range]

    /// Parses the field; without a valid range every media type is acceptable.
    init(_ text: String?) {
        var ranges: [Range] = []
        var scanner = FieldScanner(text ?? "")
        scanner.skipCommas()
        while !scanner.isAtEnd {
            let media = MediaType(&scanner)
            if scanner.finishElement(), let media {
                ranges.append(Range(media: media, weight: Self.weight(media["q"])))
            }
        }
        self.ranges = ranges.isEmpty ? [Range(media: MediaType("*", "*"), weight: 1000)] : ranges
    }

    /// Returns the offer that the client prefers, or `nil` if no offer is acceptable.
    ///
    /// The weight of an offer is the weight of the most specific range that matches the offer. Among offers with equal
    /// weights, the range that comes first in the field wins. Within one range, the offer that comes first in `offers`
    /// wins.
    func best(of offers: [MediaType]) -> MediaType? {
        var best: (offer: MediaType, weight: Int, place: Int)?
        for offer in offers {
            guard let place = place(of: offer) else { continue }
            let weight = ranges[place].weight
            guard weight > 0 else { continue }
            if let best, (best.weight, -best.place) >= (weight, -place) { continue }
            best = (offer, weight, place)
        }
        return best?.offer
    }

    private func place(of offer: MediaType) -> Int? {
        ranges.indices.filter { ranges[$0].matches(offer) }
            .max { ranges[$0].specificity < ranges[$1].specificity }
    }

    /// Returns a `q` value in thousandths (RFC 9110, section 12.4.2); an invalid value counts as 1.
    private static func weight(_ text: String?) -> Int {
        guard let text, let value = Double(text), value >= 0, value <= 1 else { return 1000 }
        return Int((value * 1000).rounded())
    }
}
