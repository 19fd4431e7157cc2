import Engine
import Testing
import Vision

@Suite struct PreprocessTests {
    /// A 4 × 2 picture: red 10, 20, … in reading order, green + 100, blue + 150.
    private func ramp() throws -> Image {
        let image = try Image(Size(4, 2))
        for i in 0..<8 { for c in 0..<3 { image.u8[3 * i + c] = UInt8(10 * i + 10 + [0, 100, 150][c]) } }
        return image
    }

    private func run(
        _ preprocess: Preprocess, _ image: Image, _ type: TensorType, _ order: AxisOrder? = nil
    ) throws -> [Float] {
        let layout = try Layout(type, order ?? .channelsLast(4))
        let tensor = try Tensor(zeros: type)
        let view = TensorView(type, tensor.base)
        try preprocess.write(try preprocess.picture(image, for: layout), to: view, layout, sample: layout.batch - 1)
        return tensor.floats
    }

    @Test func normalisationIsPixelMinusMeanByStd() throws {
        var p = Preprocess()
        p.mean = [100, 110, 120]
        p.std = [2, 4, 8]
        let y = try run(p, try ramp(), TensorType(.f32, [1, 2, 4, 3]))
        #expect(y[0..<6] == [-45, 0, 5, -40, 2.5, 6.25])
    }

    @Test func channelsGoWhereTheStoredOrderSays() throws {
        let image = try ramp()
        let nhwc = try run(Preprocess(), image, TensorType(.f32, [1, 2, 4, 3]))
        #expect(nhwc[0..<6] == [10, 110, 160, 20, 120, 170])
        let nchw = try run(Preprocess(), image, TensorType(.f32, [1, 3, 2, 4]), .identity(4))
        #expect(nchw[0..<9] == [10, 20, 30, 40, 50, 60, 70, 80, 110])
        let file = try run(Preprocess(), image, TensorType(.f32, [1, 2, 4, 3]), .identity(4))
        #expect(file == nhwc)
        let second = try run(Preprocess(), image, TensorType(.f32, [2, 2, 4, 3]))
        #expect(second[0..<24].allSatisfy { $0 == 0 } && Array(second[24...]) == nhwc)
    }

    @Test func coloursAndIntegerInputs() throws {
        let image = try ramp()
        var p = Preprocess()
        p.color = .bgr
        #expect(try run(p, image, TensorType(.f32, [1, 2, 4, 3]))[0..<3] == [160, 110, 10])
        p.color = .grey
        #expect(try run(p, image, TensorType(.f32, [1, 2, 4, 1]))[0] == 86)
        p.color = .rgb
        #expect(try run(p, image, TensorType(.u8, [1, 2, 4, 3]))[0..<3] == [10, 110, 160])
        #expect(try run(p, image, TensorType(.i8, [1, 2, 4, 3]))[0..<3] == [-118, -18, 32])
    }

    @Test func cropTakesTheCentralPart() throws {
        let y = try run(Preprocess(), try ramp(), TensorType(.f32, [1, 2, 2, 3]))
        #expect([y[0], y[3], y[6], y[9]] == [20, 30, 60, 70])
        var p = Preprocess()
        p.fraction = 0.5
        #expect(try run(p, try ramp(), TensorType(.f32, [1, 1, 1, 3])) == [20, 120, 170])
    }

    @Test func letterboxKeepsTheAspectAndFills() throws {
        var p = Preprocess()
        p.resize = .letterbox
        p.fill = (1, 2, 3)
        let y = try run(p, try ramp(), TensorType(.f32, [1, 4, 4, 3]))
        #expect(y[0..<3] == [1, 2, 3] && y[45..<48] == [1, 2, 3])
        #expect(y[12..<15] == [10, 110, 160] && y[33..<36] == [80, 180, 230])
    }

    @Test func whatDoesNotFitIsAnError() throws {
        let image = try ramp()
        var p = Preprocess()
        p.mean = [1, 2]
        #expect(throws: KingletError.self) { try run(p, image, TensorType(.f32, [1, 2, 4, 3])) }
        p = Preprocess()
        p.size = Size(8, 8)
        #expect(throws: KingletError.self) { try run(p, image, TensorType(.f32, [1, 2, 4, 3])) }
        p = Preprocess()
        #expect(throws: KingletError.self) { try run(p, image, TensorType(.f32, [1, 2, 4, 1])) }
        for type in [TensorType(.f32, [1, 10]), TensorType(.i64, [1, 2, 4, 3]), TensorType(.f32, [1, 7, 4, 5])] {
            #expect(throws: KingletError.self, "\(type.description)") { try run(p, image, type) }
        }
    }

    @Test func metadataIsReadAndWrittenBack() throws {
        let entries = [
            "kinglet.mean": "123.675, 116.28,103.53", "kinglet.std": "58.395,57.12,57.375", "kinglet.size": "96x64",
            "kinglet.resize": "letterbox", "kinglet.color": "bgr", "kinglet.fill": "114",
            "kinglet.decode": "full",
        ]
        let p = try Preprocess { entries[$0] }
        #expect(p.mean == [123.675, 116.28, 103.53] && p.std == [58.395, 57.12, 57.375])
        #expect(p.size == Size(96, 64) && p.resize == .letterbox && p.color == .bgr && p.fill == (114, 114, 114) && !p.scaledDecoding)
        let written = Dictionary(uniqueKeysWithValues: p.metadata.map { ($0.key, $0.value) })
        #expect(try Preprocess { written[$0] } == p)
        #expect(try Preprocess { _ in nil } == Preprocess())
    }

    @Test func numbersAreReadAndWrittenExactly() throws {
        for (text, value) in [
            ("0", 0), ("1", 1), ("-2.5", -2.5), ("0.875", 0.875), ("1e-3", 1e-3), ("123.675", 123.675), ("3E2", 300),
            ("0.00392156862745098", 0.00392156862745098), ("128", 128), ("1e-7", 1e-7), ("2.5e+9", 2.5e9), (".5", 0.5),
        ] as [(String, Float)] {
            var p = Preprocess()
            try p.set("kinglet.mean", text)
            #expect(p.mean == [value], "\(text)")
            let back = p.metadata.first { $0.key == "kinglet.mean" }?.value ?? ""
            try p.set("kinglet.mean", back)
            #expect(p.mean == [value], "\(text) was written as \(back)")
        }
    }

    @Test func badMetadataIsAnError() {
        for (key, value) in [
            ("mean", "1,2"), ("mean", "x"), ("mean", ""), ("mean", "1e999"), ("mean", "nan"), ("mean", "1,,2"),
            ("std", "0"),
            ("size", "0x4"), ("size", "3x4x5"), ("size", "1.5x2"), ("size", "99999999"), ("resize", "fit"),
            ("crop", "0"),
            ("crop", "1.01"), ("decode", "half"), ("color", "yuv"), ("fill", "300"), ("mean", "1e"), ("mean", "."), ("mean", "--1"),
        ] {
            #expect(throws: KingletError.self, "\(key) \(value)") {
                try Preprocess { $0 == "kinglet." + key ? value : nil }
            }
        }
    }
}
