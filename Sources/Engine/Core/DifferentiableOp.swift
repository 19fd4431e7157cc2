/// An operator that carries gradients back. The gradient of a value is float32 in the value's shape, whatever the
/// value's own type; it belongs to the operator that computed the value, which may overwrite it.
public protocol DifferentiableOp: Op {
    /// What `backward` reads of the forward run when the gradients of the inputs in `wants` are asked for.
    func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps
    /// Bytes of working memory that one `backward` needs, for all workers together.
    func backwardScratchBytes(_ x: [TensorType], wants: [Bool], _ target: Target) -> Int
    /// Bytes of inputs rearranged for `backward`; 0 where they are read as they are.
    func backwardPackedBytes(_ x: [TensorType], wants: [Bool], _ target: Target) -> Int
    /// Fills `frame.packed` from `frame.x`. Called by one worker, whenever the inputs in `backwardPackedInputs` changed.
    func packBackward(_ frame: BackwardFrame)
    /// The inputs that `packBackward` reads.
    var backwardPackedInputs: [Int] { get }
    /// Computes `frame.dx` from `frame.dy`. Called by every worker at once, each doing its share of the outputs; a
    /// sum is never split. Cannot fail, never allocates.
    func backward(_ frame: BackwardFrame, _ worker: Worker)
    /// The input whose gradient may take the place of dy[0]: element i of it depends on element i of dy[0] alone and
    /// is written after that is read for the last time, or equals it.
    var gradientInPlace: Int? { get }
}

extension DifferentiableOp {
    public func backwardScratchBytes(_ x: [TensorType], wants: [Bool], _ target: Target) -> Int { 0 }
    public func backwardPackedBytes(_ x: [TensorType], wants: [Bool], _ target: Target) -> Int { 0 }
    public func packBackward(_ frame: BackwardFrame) {}
    public var backwardPackedInputs: [Int] { [] }
    public var gradientInPlace: Int? { nil }
}

/// The values of the forward run that an operator's `backward` reads, by input and output number. A value that is not
/// kept has a place in the frame, but its bytes are undefined.
public struct Keeps: Sendable {
    public var inputs: [Int]
    public var outputs: [Int]

    public init(inputs: [Int] = [], outputs: [Int] = []) {
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// What an operator sees while gradients run back through it.
public final class BackwardFrame {
    public let x: [TensorView]
    public let y: [TensorView]
    /// Gradients of the outputs. `backward` may overwrite them.
    public let dy: [TensorView]
    /// Gradients of the inputs; nil where nobody wants one.
    public let dx: [TensorView?]
    /// Whether dx[i] already holds a gradient to add to; if not, its bytes are undefined and must be written.
    public let adds: [Bool]
    /// `backwardScratchBytes` bytes, undefined on entry; 64-byte aligned.
    public let scratch: UnsafeMutableRawPointer
    /// `backwardPackedBytes` bytes, filled by `packBackward`; 64-byte aligned.
    public let packed: UnsafeMutableRawPointer
    public let target: Target

    public init(
        x: [TensorView], y: [TensorView], dy: [TensorView], dx: [TensorView?], adds: [Bool],
        scratch: UnsafeMutableRawPointer, packed: UnsafeMutableRawPointer, target: Target
    ) {
        (self.x, self.y, self.dy, self.dx, self.adds) = (x, y, dy, dx, adds)
        (self.scratch, self.packed, self.target) = (scratch, packed, target)
    }

    /// Makes dx[i] ready to be added to: zeros this worker's share of it unless it holds a gradient. Before another
    /// worker's share is touched, a barrier has to follow.
    public func prepare(_ i: Int, _ worker: Worker) {
        guard let view = dx[i], !adds[i] else { return }
        let share = worker.share(of: view.count, grain: 16)
        (view.f32 + share.lowerBound).update(repeating: 0, count: share.count)
    }
}
