/// Labelled images that can be reached by number.
public protocol ImageSource: AnyObject {
    var count: Int { get }
    /// Writes the pixels of image i, 0 … 255 [height, width, channels].
    func copy(_ i: Int, to pixels: UnsafeMutablePointer<Float>)
    func label(_ i: Int) -> Int32
}
