/// Every operator that Kinglet knows. A new one adds its line here.
public let registry: [OpEntry] = [
    reluEntry,

    convEntry, gemmEntry, matMulEntry, batchNormalizationEntry,

    quantizeLinearEntry, dequantizeLinearEntry,
]

/// The entry for an ONNX operator name.
public func entry(for name: String) -> OpEntry? { registry.first { $0.names.contains(name) } }
