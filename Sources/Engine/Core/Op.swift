/// One operator with its attributes: what it makes of inputs of given types, and how.
/// Values are in stored order: images are [N, H, W, C], convolution weights [O, kH, kW, I].
public protocol Op: AnyObject, Sendable {
    /// The types of the outputs; every shape and type error is found here.
    func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType]
    /// Bytes of working memory that one `forward` needs, for all workers of `target` together.
    func scratchBytes(_ x: [TensorType], _ target: Target) -> Int
    /// Bytes of constant inputs rearranged once for the kernels; 0 where they are read as they are.
    func packedBytes(_ x: [TensorType], _ target: Target) -> Int
    /// Fills `frame.packed` from the weights in `frame.x`. Called by one worker: once where `packedInputs` are constants,
    /// else before every `forward`.
    func pack(_ frame: Frame)
    /// Inputs that only `pack` reads. The bytes of constants among them are not needed afterwards.
    var packedInputs: [Int] { get }
    /// Computes `frame.y`. Called by every worker at once, each doing its share; cannot fail, never allocates.
    func forward(_ frame: Frame, _ worker: Worker)
    /// The output is the input's bytes under another shape: the planner gives both one place.
    var isView: Bool { get }
    /// Element i of output 0 depends on element i of input 0 and is written after it is read: both may share a place.
    var inPlace: Bool { get }
    /// The operator itself where gradients can pass through it; nil where they cannot.
    var gradient: (any DifferentiableOp)? { get }
}

extension Op {
    public func scratchBytes(_ x: [TensorType], _ target: Target) -> Int { 0 }
    public func packedBytes(_ x: [TensorType], _ target: Target) -> Int { 0 }
    public func pack(_ frame: Frame) {}
    public var packedInputs: [Int] { [] }
    public var isView: Bool { false }
    public var inPlace: Bool { false }
    public var gradient: (any DifferentiableOp)? { nil }
}

/// What an operator sees while it runs. Everything in it was fixed when the session began.
public final class Frame {
    public let x: [TensorView]
    public let y: [TensorView]
    /// `scratchBytes` bytes, undefined on entry; 64-byte aligned.
    public let scratch: UnsafeMutableRawPointer
    /// `packedBytes` bytes, filled by `pack`; 64-byte aligned.
    public let packed: UnsafeMutableRawPointer
    public let target: Target

    public init(
        x: [TensorView], y: [TensorView], scratch: UnsafeMutableRawPointer, packed: UnsafeMutableRawPointer,
        target: Target
    ) {
        self.x = x
        self.y = y
        self.scratch = scratch
        self.packed = packed
        self.target = target
    }
}

/// What a plan is made for: the kernels of one instruction set and a number of workers.
public struct Target: Sendable {
    public let kernels: Kernels
    public let workers: Int

    public init(kernels: Kernels = .best, workers: Int = 1) {
        self.kernels = kernels
        self.workers = workers
    }
}
