import CArmNN
import Engine

/// A network of Arm NN: first built, then loaded, then run.
final class Net: @unchecked Sendable {
    let shim: Shim
    private let raw: OpaquePointer
    /// Numbers in the network of the graph's values.
    private var numbers: [Int: Int32] = [:]

    /// Constants of a product or a normalisation; int8 ones with one scale, or one for each output channel.
    struct Weights {
        let tensor: Tensor
        var scales: [Float] = []
    }

    init(_ shim: Shim) throws(KingletError) {
        self.shim = shim
        guard let raw = shim.api.make() else { throw shim.error(.resource) }
        self.raw = raw
    }

    deinit { shim.api.drop(raw) }

    /// What graph value `v` is here, if it is known.
    subscript(_ v: Int) -> Int32? {
        get { numbers[v] }
        set { numbers[v] = newValue }
    }

    func input(_ v: Int, _ type: ka_tensor) throws(KingletError) {
        var type = type
        numbers[v] = try check(shim.api.input(raw, &type))
    }

    func output(_ v: Int) throws(KingletError) {
        guard let number = numbers[v] else { preconditionFailure("output of an unknown value") }
        _ = try check(shim.api.output(raw, number))
    }

    /// One more operator; the number of what it makes.
    func add(
        _ kind: ka_kind, _ x: [Int32], _ y: ka_tensor, weights: [Weights] = [],
        _ set: (inout ka_layer) -> Void = { _ in }
    ) throws(KingletError) -> Int32 {
        var layer = ka_layer()
        layer.kind = Int32(kind.rawValue)
        layer.y = y
        set(&layer)
        let scales = weights.map { $0.scales }
        var buffers: [UnsafeMutableBufferPointer<Float>] = []
        defer { for buffer in buffers { buffer.deallocate() } }
        for list in scales {
            let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(list.count, 1))
            _ = buffer.initialize(from: list)
            buffers.append(buffer)
        }
        withUnsafeMutableBytes(of: &layer.weights) { bytes in
            let all = bytes.assumingMemoryBound(to: ka_weights.self)
            for (i, w) in weights.enumerated() {
                let type = ka_tensor(w.tensor.type)
                all[i] = ka_weights(
                    data: UnsafeRawPointer(w.tensor.base), rank: type.rank, shape: type.shape,
                    scales: scales[i].isEmpty ? nil : UnsafePointer(buffers[i].baseAddress),
                    scale_count: Int32(scales[i].count))
            }
        }
        let number = x.withUnsafeBufferPointer { x in
            layer.x = x.baseAddress
            layer.count = Int32(x.count)
            return withExtendedLifetime(weights) { shim.api.add(raw, &layer) }
        }
        return try check(number)
    }

    /// Whether `devices` can run it as it stands.
    func check(_ devices: String) throws(KingletError) { _ = try check(shim.api.check(raw, devices)) }

    func load(_ devices: String, threads: Int) throws(KingletError) {
        _ = try check(shim.api.load(raw, devices, Int32(threads)))
    }

    /// Whether it ran; if not, `shim.error` says why.
    func run(_ x: UnsafePointer<UnsafeRawPointer>, _ y: UnsafePointer<UnsafeMutableRawPointer>) -> Bool {
        shim.api.run(raw, x, y) >= 0
    }

    private func check(_ status: Int32) throws(KingletError) -> Int32 {
        if status < 0 { throw shim.error(.unsupported) }
        return status
    }
}

extension ka_tensor {
    init(_ type: TensorType, _ quantization: Quantization? = nil) {
        self.init()
        self.type = Int32(quantization == nil ? KA_F32.rawValue : KA_I8.rawValue)
        rank = Int32(type.rank)
        withUnsafeMutableBytes(of: &shape) { bytes in
            let sizes = bytes.assumingMemoryBound(to: Int32.self)
            for (i, d) in type.shape.prefix(sizes.count).enumerated() { sizes[i] = Int32(d) }
        }
        scale = quantization?.scale ?? 0
        zero = quantization?.zero ?? 0
    }
}
