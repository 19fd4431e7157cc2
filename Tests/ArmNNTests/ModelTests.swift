import CSystem
import Engine
import ONNX
import Tasks
import Testing

/// The shared models on every device there is, against the native engine.
@Suite(
    .needsArmNN,
    .enabled(if: ks_size(sharedModels + "resnet8_cifar10_nchw_bn.onnx") > 0, "no shared models: set KINGLET_DATA"))
struct ModelTests {
    static let names = [
        "resnet8_cifar10_nchw_bn", "vww96_mobilenetv1_025_nchw_bn", "mobilenet_v1_0.25_128_imagenet_nchw_float",
        "resnet8_cifar10_nchw_int8_qdq", "vww96_mobilenetv1_025_nchw_int8_qdq",
        "mobilenet_v1_0.25_128_imagenet_nchw_int8_qdq", "mobilenet_v2_1.0_224_imagenet_nchw_float",
        "mobilenet_v2_1.0_224_imagenet_nchw_int8_qdq",
    ]

    /// Waves, of which a trained network makes more than of noise.
    static func run(_ name: String, _ backend: Backend, _ device: String?) throws -> (y: [Float], Network) {
        var options = NetworkOptions(model: sharedModels + name + ".onnx")
        (options.backend, options.armnnDevice, options.threads) = (backend, device, 2)
        let network = try Network(options, try readModel(options.model))
        let x = network.session.inputs[0]
        let (low, high): (Float, Float) = name.contains("resnet8") ? (0, 255) : name.contains("vww") ? (0, 1) : (-1, 1)
        for i in 0..<x.count {
            let (column, row) = (i / 3 % x.shape[2], i / 3 / x.shape[2])
            let wave = ks_cos(Double(column) / (7 + Double(i % 3))) + ks_cos(Double(row) / 5)
            x.f32[i] = low + (high - low) * Float(wave / 4 + 0.5)
        }
        try network.run()
        let y = network.session.outputs[0]
        return ((0..<y.count).map { y.f32[$0] }, network)
    }

    /// An int8 network's output steps: differences of one step in the middle may grow on their way.
    static func steps(_ a: [Float], _ b: [Float]) -> Float {
        let all = (a + b).sorted()
        let step = zip(all.dropFirst(), all).map { $0 - $1 }.filter { $0 > 1e-5 }.min() ?? 1
        return distance(a, b) / step
    }

    @Test(arguments: names) func wholeModelsAgreeWithTheNativeEngine(_ name: String) throws {
        let wanted = try Self.run(name, .native, nil)
        for device in devices where device != "CpuRef" || !name.contains("mobilenet_v2") || devices.count == 1 {
            let (y, network) = try Self.run(name, .armnn, device)
            let offloaded = try #require(network.placement.offloaded)
            #expect(offloaded.rest.isEmpty && offloaded.regions.count == 1, "\(device): \(offloaded.rest)")
            if name.contains("int8") {
                #expect(Self.steps(y, wanted.y) <= 3.01, "\(device): \(Self.steps(y, wanted.y)) steps")
            } else {
                #expect(relative(y, wanted.y) <= 1e-3, "\(device): \(relative(y, wanted.y))")
            }
        }
    }
}
