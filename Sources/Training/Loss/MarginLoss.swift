/// loss = max_{j ≠ label} z[j] - z[label]: above 0 exactly where the row is misclassified (Carlini, Wagner 2017).
/// Unlike cross-entropy its gradient does not fade where the model is very sure.
public final class MarginLoss: Loss {
    public init() {}

    public func row(
        _ z: UnsafePointer<Float>, classes: Int, label: Int, weight: Float, to dz: UnsafeMutablePointer<Float>?
    ) -> Double {
        guard classes > 1 else {
            dz?.update(repeating: 0, count: classes)
            return 0
        }
        let other = largestOther(z, classes, than: label)
        if let dz {
            dz.update(repeating: 0, count: classes)
            dz[other] = weight
            dz[label] = -weight
        }
        return Double(z[other]) - Double(z[label])
    }
}
