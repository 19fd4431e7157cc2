import Engine

/// Runs attacks over a source, a batch at a time:
/// `for b in 0..<evaluation.batches { evaluation.run(b) }`, then `tallies`.
public final class RobustEvaluation {
    /// An attack as it is reported; nil leaves the images as they are.
    public struct Entry {
        public let name: String
        public let attack: (any Attack)?

        public init(name: String, attack: (any Attack)?) { (self.name, self.attack) = (name, attack) }
    }

    public let entries: [Entry]
    public let batches: Int
    /// One of each entry; behind them, if there are several attacks, what is left when each image meets its worst.
    public private(set) var tallies: [Tally]
    /// Of each tally: which images were right, in the order of the source.
    public private(set) var right: [[Bool]]
    /// Of each entry: what the model said of each image, -1 for nothing, and its loss.
    public private(set) var predictions: [[Int32]]
    public private(set) var losses: [[Double]]
    /// Whether the last tally is that of all attacks together.
    public let hasWorst: Bool

    private let model: any AttackedModel
    private let source: any ImageSource
    private let seed: UInt64
    private let loss = CrossEntropy()
    private let storage: Storage
    private let x: UnsafeMutablePointer<Float>
    private let adversarial: UnsafeMutablePointer<Float>
    private let images: UnsafeMutablePointer<UInt64>
    private let labels: UnsafeMutablePointer<Int32>
    /// The worst prediction and loss of each row so far.
    private let worst: UnsafeMutablePointer<Int32>
    private let worstLoss: UnsafeMutablePointer<Double>

    public init(
        _ model: any AttackedModel, on source: any ImageSource, _ entries: [Entry], seed: UInt64
    ) throws(KingletError) {
        (self.model, self.source, self.entries, self.seed) = (model, source, entries, seed)
        let (batch, pixels) = (model.batch, model.pixels)
        batches = (source.count + batch - 1) / batch
        var tallies: [Tally] = []
        var attacks = 0
        for entry in entries {
            tallies.append(Tally(name: entry.name, classes: model.classes))
            attacks += entry.attack == nil ? 0 : 1
        }
        hasWorst = attacks > 1
        if hasWorst { tallies.append(Tally(name: "worst of all", classes: model.classes)) }
        self.tallies = tallies
        right = [[Bool]](repeating: [], count: tallies.count)
        predictions = [[Int32]](repeating: [], count: entries.count)
        losses = [[Double]](repeating: [], count: entries.count)
        storage = try Storage(bytes: batch * (8 * pixels + 24))
        images = storage.base.assumingMemoryBound(to: UInt64.self)
        worstLoss = (storage.base + 8 * batch).assumingMemoryBound(to: Double.self)
        x = (storage.base + 16 * batch).assumingMemoryBound(to: Float.self)
        adversarial = x + batch * pixels
        labels = (storage.base + batch * (16 + 8 * pixels)).assumingMemoryBound(to: Int32.self)
        worst = labels + batch
    }

    /// Attacks the images of batch b; each batch once.
    public func run(_ b: Int) {
        load(b)
        let attacked = AttackBatch(x: x, labels: labels, images: images, seed: seed)
        for (i, entry) in entries.enumerated() {
            entry.attack?.perturb(attacked, to: adversarial, model: model)
            count(model.logits(entry.attack == nil ? x : adversarial), i)
        }
        guard hasWorst else { return }
        for n in 0..<model.batch where labels[n] >= 0 {
            tallies[entries.count].add(label: Int(labels[n]), prediction: Int(worst[n]), loss: worstLoss[n])
            right[entries.count].append(worst[n] == labels[n])
        }
    }

    private func load(_ b: Int) {
        for n in 0..<model.batch {
            let i = b * model.batch + n
            images[n] = UInt64(i)
            labels[n] = i < source.count ? source.label(i) : -1
            worst[n] = labels[n]
            worstLoss[n] = -.infinity
            let row = x + n * model.pixels
            if i < source.count { source.copy(i, to: row) } else { row.update(repeating: 0, count: model.pixels) }
        }
    }

    private func count(_ logits: UnsafePointer<Float>, _ entry: Int) {
        let classes = model.classes
        for n in 0..<model.batch where labels[n] >= 0 {
            let (z, label) = (logits + n * classes, Int(labels[n]))
            let prediction = largest(z, classes)
            let value = loss.row(z, classes: classes, label: label, weight: 1, to: nil)
            tallies[entry].add(label: label, prediction: prediction, loss: value)
            right[entry].append(prediction == label)
            predictions[entry].append(Int32(prediction))
            losses[entry].append(value)
            if Int(worst[n]) == label { worst[n] = Int32(prediction) }
            if !(value < worstLoss[n]) { worstLoss[n] = value }
        }
    }
}
