import Engine

/// Where training pictures come from, batch by batch, in an order of their own for every epoch.
public protocol TrainingImages: AnyObject {
    var count: Int { get }
    /// Pictures first ..< first + count of epoch `epoch`, augmented: pixels 0 … 255, their labels, and their numbers in
    /// the data. The same call gives the same pictures.
    func load(
        epoch: Int, first: Int, count: Int, pixels: UnsafeMutablePointer<Float>, labels: UnsafeMutablePointer<Int32>,
        numbers: UnsafeMutablePointer<UInt64>)
}
