/// What every graph goes through before it is planned for inference, in this order.
public let standardPasses: [any Pass] = [
    DropIdentities(),
    SignedActivations(),
    RemoveDead(),
    MoveQuantization(),
    FuseQuantized(),
    RemoveDead(),
    FoldDequantized(),
    FusePad(),
    FoldAffine(),
    FuseResidual(),
    FuseActivation(),
    RemoveDead(),
]

/// What a graph goes through before it is planned for training: nothing that mixes weights.
public let trainingPasses: [any Pass] = [
    DropIdentities(),
    RemoveDead(),
    FusePad(),
    AttachBatchNormalization(),
    FuseResidual(),
    FuseActivation(),
    RemoveDead(),
    CoarseConvolutions(),
]

/// For training from scratch: normalisations stay, for `useBatchStatistics` to change.
public let scratchPasses: [any Pass] = [
    DropIdentities(),
    RemoveDead(),
    FusePad(),
    FuseResidual(),
    FuseActivation(),
    RemoveDead(),
    CoarseConvolutions(),
]

/// For attacks on a quantized network: its floats as they come out of the integers, gradients straight through.
public let simulationPasses: [any Pass] = [
    DropIdentities(),
    SimulateQuantization(),
    RemoveDead(),
    FoldDequantized(),
    FusePad(),
    FuseResidual(),
    FuseActivation(),
    RemoveDead(),
]

/// For training a quantized network in its quantized form.
public let quantizedTrainingPasses: [any Pass] = [
    DropIdentities(),
    SimulateQuantization(),
    RemoveDead(),
    TrainableWeights(),
    FusePad(),
    FuseResidual(),
    FuseActivation(),
    RemoveDead(),
]

extension Graph {
    /// The same network in fewer and cheaper operators.
    public func optimized(_ passes: [any Pass] = standardPasses) throws(KingletError) -> Graph {
        var graph = self
        for pass in passes {
            do throws(KingletError) { try pass.apply(&graph) } catch { throw error.at("pass '\(pass.name)'") }
        }
        return graph
    }

    /// Which values the caller reads.
    func isOutput() -> [Bool] {
        var flags = [Bool](repeating: false, count: values.count)
        for v in outputs { flags[v] = true }
        return flags
    }

    /// Drops the nodes that `dead` marks.
    mutating func drop(_ dead: [Bool]) {
        nodes = nodes.indices.filter { !dead[$0] }.map { nodes[$0] }
    }
}
