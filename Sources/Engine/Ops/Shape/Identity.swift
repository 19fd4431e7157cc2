/// y = x: Identity, and Dropout outside training, whose second output is a mask of true.
public final class Identity: Op {
    private let mask: Bool

    public init(mask: Bool = false) { self.mask = mask }

    public var isView: Bool { true }

    public func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] {
        try checkCount(x, 1...1, "Identity")
        return mask ? [x[0], TensorType(.bool, x[0].shape)] : x
    }

    public func forward(_ frame: Frame, _ worker: Worker) {
        copyBytes(frame.x[0], frame.y[0], worker)
        if mask { for i in worker.share(of: frame.y[1].count, grain: 64) { frame.y[1].u8[i] = 1 } }
    }
}

extension Identity: DifferentiableOp {
    public var gradient: (any DifferentiableOp)? { self }
    public var gradientInPlace: Int? { 0 }
    public func keeps(_ x: [TensorType], wants: [Bool]) -> Keeps { Keeps() }
    public func backward(_ frame: BackwardFrame, _ worker: Worker) { carryBytes(frame, worker) }
}

private let cases = [OpCase("float", [TensorType(.f32, [3, 5])]), OpCase("int64", [TensorType(.i64, [3])])]

let identityEntry = OpEntry(["Identity"], cases: cases) { _ throws(KingletError) in Identity() }

let dropoutEntry = OpEntry(
    ["Dropout"], attributes: ["ratio", "seed"], parameters: [1, 2],
    cases: [
        OpCase("plain", [TensorType(.f32, [3, 5])]),
        OpCase("mask", [TensorType(.f32, [3, 50])], outputCount: 2),
        OpCase("ratio", [TensorType(.f32, [9]), TensorType(.f32, [])], constants: [1: [0.5]]),
        OpCase("attribute", [TensorType(.f32, [9])], ["ratio": .float(0.5)], opset: 9),
    ],
    make: { spec throws(KingletError) in
        if let training = try spec.constant(2, "training_mode") {
            try require(training.count != 1 || training.int(0) == 0, .unsupported, "Dropout in training mode")
        }
        try require(spec.outputCount <= 2, .badFile, "Dropout has \(spec.outputCount) outputs")
        return Identity(mask: spec.outputCount == 2)
    })
