/// Every operator that Kinglet knows. A new one adds its line here.
public let registry: [OpEntry] =
    [
        reluEntry, clipEntry, castEntry,
        reshapeEntry, flattenEntry, squeezeEntry, unsqueezeEntry, identityEntry, dropoutEntry,
        constantEntry, constantOfShapeEntry, shapeEntry,
        transposeEntry, expandEntry, concatEntry, splitEntry, sliceEntry, gatherEntry, padEntry,
        maxPoolEntry, averagePoolEntry,

        convEntry, gemmEntry, matMulEntry, batchNormalizationEntry,

        quantizeLinearEntry, dequantizeLinearEntry,
    ] + unaryEntries + binaryEntries + reduceEntries + softmaxEntries

/// The entry for an ONNX operator name.
public func entry(for name: String) -> OpEntry? { registry.first { $0.names.contains(name) } }
