/// How a model did on labelled images.
public struct Tally: Sendable, Equatable {
    /// Such as the attack's text.
    public let name: String
    public let classes: Int
    /// Images of class i that were taken for class j, at i · classes + j.
    public private(set) var confusion: [Int]
    /// Images of each class; those whose logits were no numbers are in no cell of `confusion`.
    public private(set) var images: [Int]
    public private(set) var loss = 0.0

    public init(name: String, classes: Int) {
        (self.name, self.classes) = (name, classes)
        confusion = [Int](repeating: 0, count: classes * classes)
        images = [Int](repeating: 0, count: classes)
    }

    /// One more image; prediction -1 is none.
    public mutating func add(label: Int, prediction: Int, loss: Double) {
        images[label] += 1
        if prediction >= 0 { confusion[label * classes + prediction] += 1 }
        self.loss += loss
    }

    /// The share of class i that was taken for class i.
    public func accuracy(of i: Int) -> Proportion { Proportion(confusion[i * classes + i], of: images[i]) }

    public var accuracy: Proportion {
        var (hits, count) = (0, 0)
        for i in 0..<classes {
            hits += confusion[i * classes + i]
            count += images[i]
        }
        return Proportion(hits, of: count)
    }

    public var meanLoss: Double { accuracy.count > 0 ? loss / Double(accuracy.count) : 0 }
}
