import CSystem
import Engine
import Tasks
import Testing

/// int8 results are the same bits on every processor: these were recorded on one, and hold on all.
@Suite struct SameBitsTests {
    static let recorded: [(model: String, hash: UInt64)] = [
        ("cifar10-int8", 0xdb19_6d73_802b_121f), ("cifar10-hardened-4-int8", 0xf009_050e_bd0a_78c5),
        ("cifar10-hardened-8-int8", 0x77f4_603a_a25d_f22d),
    ]

    @Test func int8ModelsGiveTheRecordedBits() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined() + "/Models"
        for (name, hash) in Self.recorded {
            var options = NetworkOptions(model: "\(folder)/\(name).onnx")
            (options.batch, options.threads) = (8, 2)
            let network = try Network(options, try readModel(options.model))
            let (x, y) = (network.session.inputs[0], network.session.outputs[0])
            var random = Random(seed: 4)
            // Half of the pictures are smooth, as photographs are.
            for i in 0..<x.count {
                x.f32[i] = i < x.count / 2 ? Float(random.below(256)) : Float(i / 7 % 256)
            }
            network.session.run()
            let found = fnv(UnsafeRawBufferPointer(start: y.base, count: 4 * y.count))
            #expect(found == hash, "\(name): 0x\(String(found, radix: 16))")
        }
    }

    /// FNV-1a of the bytes (Fowler, Noll, Vo).
    private func fnv(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
}
