/// Where a normalisation's statistics come from in training from scratch, and where they go. After each step
/// running = momentum · running + (1 - momentum) · batch, the batch's variance as Σ (x - mean)² / (count - 1).
public struct BatchStatistic: Sendable {
    /// Values that hold the statistics of the batch.
    public let mean: Int
    public let variance: Int
    /// Constants of the graph that hold the running ones.
    public let runningMean: Int
    public let runningVariance: Int
    public let momentum: Float
    /// Values per channel in a batch.
    public let count: Int
}

extension Graph {
    /// Makes every BatchNormalization use the statistics of the batch. To be called last: passes renumber values.
    public mutating func useBatchStatistics() throws(KingletError) -> [BatchStatistic] {
        var list: [BatchStatistic] = []
        for i in nodes.indices {
            guard let norm = nodes[i].op as? BatchNormalization else { continue }
            let (name, x) = (nodes[i].name, nodes[i].inputs)
            let op = BatchNormalizationTraining(epsilon: norm.epsilon, low: norm.low, high: norm.high)
            let types = try op.infer(x[..<3].map { values[$0].type })
            let mean = add(Value(name: name + ".mean", type: types[1]))
            let variance = add(Value(name: name + ".variance", type: types[2]))
            nodes[i] = Node(
                name: name, kind: "BatchNormalizationTraining", op: op, inputs: Array(x[..<3]),
                outputs: [nodes[i].outputs[0], mean, variance])
            list.append(
                BatchStatistic(
                    mean: mean, variance: variance, runningMean: x[3], runningVariance: x[4],
                    momentum: norm.momentum, count: types[0].count / max(types[1].count, 1)))
        }
        return list
    }
}
