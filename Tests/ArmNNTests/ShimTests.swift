import ArmNN
import CArmNN
import Testing

/// Every C++ exception ends in the shared object: wrong calls give a code and a reason.
@Suite(.needsArmNN) struct ShimTests {
    @Test func wrongCallsAreRefusedWithAReason() throws {
        var text = [CChar](repeating: 0, count: 1024)
        let path = try Shim.open().path
        let api = try #require(ka_load(path, &text, text.count)).pointee
        func refused(_ status: Int32, _ reason: String) {
            let error = String(cString: api.error())
            #expect(status < 0 && error.contains(reason), "\(status), '\(error)' for '\(reason)'")
        }
        let net = try #require(api.make())
        defer { api.drop(net) }
        var (type, numbers) = (ka_tensor(), [Int32(77)])
        type.rank = 9
        refused(api.input(net, &type), "rank 9")
        (type.rank, type.shape.0) = (1, 4)
        let x = api.input(net, &type)
        #expect(x == 0)
        let y = numbers.withUnsafeMutableBufferPointer { number in
            var layer = ka_layer()
            (layer.x, layer.count, layer.y) = (UnsafePointer(number.baseAddress), 1, type)
            layer.kind = Int32(KA_ACTIVATION.rawValue)
            refused(api.add(net, &layer), "77")
            number[0] = x
            layer.kind = 99
            refused(api.add(net, &layer), "kind 99")
            layer.kind = Int32(KA_ACTIVATION.rawValue)
            return api.add(net, &layer)
        }
        #expect(y > x && api.output(net, y) >= 0)
        refused(api.output(net, 77), "77")
        refused(api.check(net, "Abacus"), "Abacus")
        var floats: [Float] = [-1, 2, -3, 4]
        floats.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            let (inputs, outputs) = ([UnsafeRawPointer(base)], [base])
            refused(api.run(net, inputs, outputs), "not loaded")
            #expect(api.load(net, devices[0], 1) >= 0)
            refused(api.load(net, devices[0], 1), "loaded already")
            refused(api.input(net, &type), "loaded already")
            #expect(api.run(net, inputs, outputs) >= 0)
        }
        #expect(floats == [0, 2, 0, 4])
    }
}
