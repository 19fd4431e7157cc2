import Engine

/// Turns pixels into a model's input and gradients back. Pixels are floats 0 … 255, [count, height, width, channels].
public protocol InputMap: AnyObject {
    /// Floats per image.
    var pixels: Int { get }
    func write(_ pixels: UnsafePointer<Float>, count: Int, to input: TensorView)
    /// ∂/∂pixels from ∂/∂input.
    func read(_ gradient: UnsafePointer<Float>, count: Int, to pixels: UnsafeMutablePointer<Float>)
}

/// A network under training as an attack sees it.
public final class SessionModel: AttackedModel {
    public let session: TrainingSession
    private let map: any InputMap
    private let back: Storage

    public init(_ session: TrainingSession, _ map: any InputMap) throws(KingletError) {
        self.session = session
        self.map = map
        let attacks = session.inputGradient != nil
        back = try Storage(bytes: attacks ? session.logits.shape[0] * map.pixels * 4 : 0)
    }

    public var batch: Int { session.logits.shape[0] }
    public var pixels: Int { map.pixels }
    public var classes: Int { session.logits.shape[1] }
    /// Bytes beside the session's.
    public var bytes: Int { back.bytes }

    public func logits(_ x: UnsafePointer<Float>) -> UnsafePointer<Float> { run(.forward, x) }
    public func forward(_ x: UnsafePointer<Float>) -> UnsafePointer<Float> { run(.inputs, x) }

    /// Logits of x, kept for `backward` of the same program.
    public func run(_ program: Program, _ x: UnsafePointer<Float>) -> UnsafePointer<Float> {
        map.write(x, count: batch, to: session.input)
        session.forward(program)
        return UnsafePointer(session.logits.f32)
    }

    /// x as the network sees it.
    func input(_ x: UnsafePointer<Float>) -> TensorView {
        map.write(x, count: batch, to: session.input)
        return session.input
    }

    public func gradient(_ dlogits: UnsafePointer<Float>) -> UnsafePointer<Float> {
        session.dlogits.update(from: dlogits, count: batch * classes)
        session.backward(.inputs)
        return inputGradient()
    }

    /// Of the last backward, with respect to pixels.
    public func inputGradient() -> UnsafePointer<Float> {
        let to = back.base.assumingMemoryBound(to: Float.self)
        if let gradient = session.inputGradient { map.read(gradient, count: batch, to: to) }
        return UnsafePointer(to)
    }
}
