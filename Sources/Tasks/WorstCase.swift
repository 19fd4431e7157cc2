import Training

/// The worst that several attacks did to each picture: a wrong answer if one of them found any, and the largest loss.
struct WorstCase: Sendable {
    private(set) var predictions: [Int32] = []
    private var losses: [Double] = []
    /// One of the attacks ran at this ε because it was asked for.
    private(set) var varies = false

    mutating func add(_ predictions: [Int32], _ losses: [Double], _ labels: [Int32], varies: Bool) {
        self.varies = self.varies || varies
        if self.predictions.isEmpty { (self.predictions, self.losses) = (predictions, losses) }
        for i in predictions.indices {
            if self.predictions[i] == labels[i] { self.predictions[i] = predictions[i] }
            // A loss that is no number is the worst.
            if !(losses[i] <= self.losses[i]) { self.losses[i] = losses[i] }
        }
    }

    func tally(_ labels: [Int32], classes: Int) -> Tally {
        var tally = Tally(name: "worst of all", classes: classes)
        for i in predictions.indices {
            tally.add(label: Int(labels[i]), prediction: Int(predictions[i]), loss: losses[i])
        }
        return tally
    }
}
