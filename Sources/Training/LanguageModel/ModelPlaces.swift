import RiskModels

/// Where each tensor starts in `LanguageModelWeights.values`, without a dictionary.
struct ModelPlaces {
    struct Layer {
        let attentionGain, qkvWeight, qkvBias, outputWeight, outputBias: Int
        let mlpGain, upWeight, upBias, downWeight, downBias: Int
    }

    let kinds, values, queries, finalGain, judgingWeight, judgingBias, points: Int
    let readingStart, readingWeight, readingGates, readingBias: Int
    let layers: [Layer]
    /// Kind entry of each row of the table.
    let entryOfRow: [UInt8]

    init(_ shape: LanguageModelShape) {
        let places = shape.places
        func start(_ part: LanguageModelShape.Part) -> Int { places[part]?.lowerBound ?? 0 }
        kinds = start(.kinds)
        values = start(.values)
        queries = start(.queries)
        finalGain = start(.finalGain)
        judgingWeight = start(.judgingWeight)
        judgingBias = start(.judgingBias)
        points = start(.points)
        readingStart = start(.readingStart)
        readingWeight = start(.readingWeight)
        readingGates = start(.readingGates)
        readingBias = start(.readingBias)
        layers = (0..<shape.layers).map { layer in
            Layer(
                attentionGain: start(.attentionGain(layer)), qkvWeight: start(.qkvWeight(layer)),
                qkvBias: start(.qkvBias(layer)), outputWeight: start(.outputWeight(layer)),
                outputBias: start(.outputBias(layer)), mlpGain: start(.mlpGain(layer)),
                upWeight: start(.upWeight(layer)), upBias: start(.upBias(layer)),
                downWeight: start(.downWeight(layer)), downBias: start(.downBias(layer)))
        }
        var entries: [UInt8] = []
        for (entry, count) in shape.valueCounts.enumerated() {
            entries += repeatElement(UInt8(truncatingIfNeeded: entry), count: count)
        }
        entryOfRow = entries
    }
}
