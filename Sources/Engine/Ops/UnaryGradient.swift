/// dx = dy · f'(x), from y where that is enough: it is kept for the next operator anyway.
extension Unary: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public var gradientInPlace: Int? { 0 }

    /// Whether y tells enough: with α ≥ 0 it has the sign of x.
    private var readsOutput: Bool {
        switch kind {
        case .leakyRelu, .elu: alpha >= 0
        case .hardSigmoid, .sigmoid, .tanh, .exp, .sqrt: true
        case .hardSwish, .abs, .neg: false
        }
    }

    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps {
        if !wants[0] || kind == .neg { return Keeps() }
        return readsOutput ? Keeps(outputs: [0]) : Keeps(inputs: [0])
    }

    public func backward(_ frame: BackwardFrame, _ worker: Worker) {
        let v = UnsafePointer(readsOutput ? frame.y[0].f32 : kind == .neg ? frame.dy[0].f32 : frame.x[0].f32)
        let (alpha, zero, one) = (F8(repeating: alpha), F8(repeating: 0), F8(repeating: 1))
        switch kind {
        case .leakyRelu:
            @inline(__always) func f(_ dy: F8, _ v: F8) -> F8 { dy.replacing(with: dy * alpha, where: v .<= zero) }
            carry(v, frame, worker, f)
        case .elu where readsOutput:
            @inline(__always) func f(_ dy: F8, _ y: F8) -> F8 {
                dy.replacing(with: dy * (y + alpha), where: y .<= zero)
            }
            carry(v, frame, worker, f)
        case .elu:
            @inline(__always) func f(_ dy: F8, _ x: F8) -> F8 {
                dy.replacing(with: dy * (alpha * Engine.exp(x)), where: x .<= zero)
            }
            carry(v, frame, worker, f)
        case .hardSigmoid:
            @inline(__always) func f(_ dy: F8, _ y: F8) -> F8 {
                (dy * alpha).replacing(with: zero, where: (y .<= zero) .| (y .>= one))
            }
            carry(v, frame, worker, f)
        case .hardSwish:
            @inline(__always) func f(_ dy: F8, _ x: F8) -> F8 {
                let inner = (dy * (x * (1.0 / 3) + 0.5)).replacing(with: dy, where: x .>= F8(repeating: 3))
                return inner.replacing(with: zero, where: x .<= F8(repeating: -3))
            }
            carry(v, frame, worker, f)
        case .sigmoid:
            @inline(__always) func f(_ dy: F8, _ y: F8) -> F8 { dy * (y * (one - y)) }
            carry(v, frame, worker, f)
        case .tanh:
            @inline(__always) func f(_ dy: F8, _ y: F8) -> F8 { dy * (one - y * y) }
            carry(v, frame, worker, f)
        case .exp:
            @inline(__always) func f(_ dy: F8, _ y: F8) -> F8 { dy * y }
            carry(v, frame, worker, f)
        case .sqrt:
            @inline(__always) func f(_ dy: F8, _ y: F8) -> F8 { dy / (y + y) }
            carry(v, frame, worker, f)
        case .neg:
            @inline(__always) func f(_ dy: F8, _ v: F8) -> F8 { -dy }
            carry(v, frame, worker, f)
        case .abs:
            @inline(__always) func f(_ dy: F8, _ x: F8) -> F8 {
                dy.replacing(with: -dy, where: x .< zero).replacing(with: zero, where: x .== zero)
            }
            carry(v, frame, worker, f)
        }
    }
}
