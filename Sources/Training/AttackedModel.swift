/// A classifier as an attack sees it: pixels in, logits out, gradients back. Pixels are floats 0 … 255 in the order
/// [batch, height, width, channels], before any normalisation; so are the gradients.
public protocol AttackedModel: AnyObject {
    /// Images per call.
    var batch: Int { get }
    /// Floats per image: height · width · channels.
    var pixels: Int { get }
    var classes: Int { get }
    /// Logits [batch, classes] of x [batch, pixels], valid until the next call.
    func logits(_ x: UnsafePointer<Float>) -> UnsafePointer<Float>
    /// Like `logits`, and gets ready for one call of `gradient`.
    func forward(_ x: UnsafePointer<Float>) -> UnsafePointer<Float>
    /// Σ_j dlogits[n, j] · ∂logits[n, j] / ∂x[n, ·] as [batch, pixels], valid until the next call.
    /// Call it once after `forward`.
    func gradient(_ dlogits: UnsafePointer<Float>) -> UnsafePointer<Float>
}
