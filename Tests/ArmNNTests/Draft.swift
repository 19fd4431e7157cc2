import CSystem
import Engine
import ONNX
import Tasks

/// A small model under construction, with random weights.
struct Draft {
    private(set) var model: Model
    private var random = Random(seed: 11)
    private var count = 0

    init(_ shape: [Int]) {
        model = Model(inputs: [.init(name: "x", .f32, shape.map { .size($0) })], outputs: [], nodes: [])
    }

    private mutating func name() -> String {
        count += 1
        return "v\(count)"
    }

    mutating func constant(_ tensor: Tensor) -> String {
        let name = name()
        model.initializers.append(.init(name, tensor))
        return name
    }

    mutating func weights(_ shape: [Int], _ spread: Float = 0.3, around middle: Float = 0) throws -> String {
        constant(
            try Tensor((0..<shape.reduce(1, *)).map { _ in middle + spread * random.uniform(-1, 1) }, shape: shape))
    }

    mutating func node(_ op: String, _ x: [String], _ attributes: [String: Attribute] = [:]) -> String {
        let y = name()
        model.nodes.append(.init(op, name: op + y, x, [y], attributes: attributes))
        return y
    }

    /// x in int8 and back.
    mutating func quantized(_ x: String, _ scale: Float, _ zero: Int8) throws -> String {
        let parameters = [
            x, constant(try Tensor([scale], shape: [])), constant(try Tensor(.i8, [], [zero])),
        ]
        return node("DequantizeLinear", [node("QuantizeLinear", parameters)] + parameters.dropFirst())
    }

    /// int8 weights with a scale for each entry of `axis`, or one; and their bias for inputs of scale `x`.
    mutating func integers(_ shape: [Int], axis: Int, single: Bool = false, x: Float) throws -> [String] {
        let n = shape[axis]
        let values = (0..<shape.reduce(1, *)).map { _ in Int8(random.below(255) - 127) }
        let scales = (0..<(single ? 1 : n)).map { _ in random.uniform(0.002, 0.006) }
        let bias = (0..<n).map { _ in Int32(random.below(2001) - 1000) }
        let form = single ? [] : [n]
        let along: [String: Attribute] = single ? [:] : ["axis": .int(axis)]
        let w = node(
            "DequantizeLinear",
            [constant(try Tensor(.i8, shape, values)), constant(try Tensor(scales, shape: form))], along)
        let zeros = [Int32](repeating: 0, count: scales.count)
        let b = node(
            "DequantizeLinear",
            [
                constant(try Tensor(.i32, [n], bias)), constant(try Tensor(scales.map { x * $0 }, shape: form)),
                constant(try Tensor(.i32, form, zeros)),
            ], single ? [:] : ["axis": .int(0)])
        return [w, b]
    }

    /// The finished model.
    func model(_ y: String) -> Model {
        var model = model
        model.outputs = [.init(name: y, .f32, nil)]
        return model
    }

    /// What a network makes of noise, on `backend`; and who ran it.
    static func run(_ model: Model, _ backend: Backend, _ device: String? = nil, spread: Float = 1) throws
        -> (y: [Float], offloaded: Offloaded?)
    {
        var options = NetworkOptions()
        (options.backend, options.armnnDevice, options.threads) = (backend, device, 2)
        // A network takes the weights over.
        var own = model
        for i in own.initializers.indices {
            let tensor = own.initializers[i].tensor
            let copy = try Tensor(zeros: tensor.type)
            copy.base.copyMemory(from: tensor.base, byteCount: tensor.type.bytes)
            own.initializers[i].tensor = copy
        }
        let network = try Network(options, own)
        var random = Random(seed: 5)
        let x = network.session.inputs[0]
        for i in 0..<x.count { x.f32[i] = spread * random.uniform(-1, 1) }
        try network.run()
        let y = network.session.outputs[0]
        return ((0..<y.count).map { y.f32[$0] }, network.placement.offloaded)
    }
}

/// The largest difference.
func distance(_ a: [Float], _ b: [Float]) -> Float {
    precondition(a.count == b.count)
    return zip(a, b).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
}

/// The largest difference as a share of the largest value.
func relative(_ a: [Float], _ b: [Float]) -> Float { distance(a, b) / max(b.reduce(0) { max($0, $1.magnitude) }, 1e-6) }
