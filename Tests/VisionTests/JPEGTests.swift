import Engine
import Testing
import Vision

@Suite struct JPEGTests {
    /// A smooth picture in which every place differs.
    private func scene(_ size: Size) throws -> Image {
        let image = try Image(size)
        for y in 0..<size.height {
            for x in 0..<size.width {
                let at = 3 * (y * size.width + x)
                image.u8[at] = UInt8(x * 255 / size.width)
                image.u8[at + 1] = UInt8(y * 255 / size.height)
                image.u8[at + 2] = UInt8((x * x / 97 + y * 3) & 127)
            }
        }
        return image
    }

    private func input(_ preprocess: Preprocess, _ size: Size, _ fill: (Layout) throws -> Picture) throws -> [Float] {
        let type = TensorType(.f32, [1, size.height, size.width, 3])
        let layout = try Layout(type, .channelsLast(4))
        let tensor = try Tensor(zeros: type)
        try preprocess.write(try fill(layout), to: TensorView(type, tensor.base), layout)
        return tensor.floats
    }

    private func worst(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } }

    @Test func whatIsWrittenIsReadBack() throws {
        let x = try scene(Size(121, 65))
        for (quality, limit) in [(50, 14), (85, 9), (95, 6)] {
            let y = try withBytes(try JPEG.encode(x, quality: quality)) { try JPEG.decode($0) }
            #expect(y.size == x.size && y.warning == nil)
            var sum = 0
            for i in 0..<3 * x.size.count { sum += abs(Int(x.u8[i]) - Int(y.image.u8[i])) }
            #expect(sum / (3 * x.size.count) <= limit, "quality \(quality)")
        }
    }

    @Test func theScaleIsTheSmallestThatIsNotBelowTheWantedSize() throws {
        let bytes = try JPEG.encode(try scene(Size(1001, 803)), quality: 85)
        for (wanted, size) in [
            (Size(100, 100), Size(126, 101)), (Size(125, 100), Size(126, 101)), (Size(126, 101), Size(251, 201)),
            (Size(250, 10), Size(251, 201)), (Size(500, 401), Size(501, 402)), (Size(501, 402), Size(1001, 803)),
            (Size(5000, 10), Size(1001, 803)), (Size(1, 1), Size(126, 101)),
        ] {
            let decoded = try withBytes(bytes) { try JPEG.decode($0, wanting: wanted) }
            #expect(decoded.image.size == size, "\(wanted.text)")
            #expect(decoded.size == Size(1001, 803))
        }
    }

    @Test func aCroppedDecodingEqualsTheWholeOneCropped() throws {
        var p = Preprocess()
        p.fraction = 0.4
        p.scaledDecoding = false
        for quality in [85, 95] {
            let bytes = try JPEG.encode(try scene(Size(803, 401)), quality: quality)
            let whole = try withBytes(bytes) { try JPEG.decode($0) }
            for size in [Size(160, 160), Size(30, 90), Size(320, 64)] {
                let cropped = try input(p, size) { layout in try withBytes(bytes) { try p.decode($0, for: layout) } }
                let wanted = try input(p, size) { layout in try p.picture(whole.image, for: layout) }
                #expect(worst(cropped, wanted) == 0, "quality \(quality), \(size.text)")
            }
        }
    }

    @Test func scaledDecodingIsCloseToFullDecoding() throws {
        let bytes = try JPEG.encode(try scene(Size(803, 601)), quality: 95)
        for side in [32, 64, 128, 224] {
            var p = Preprocess()
            p.fraction = 0.875
            let scaled = try input(p, Size(side, side)) { layout in
                try withBytes(bytes) { try p.decode($0, for: layout) }
            }
            p.scaledDecoding = false
            let full = try input(p, Size(side, side)) { layout in try withBytes(bytes) { try p.decode($0, for: layout) }
            }
            var sum: Float = 0
            for (a, b) in zip(scaled, full) { sum += abs(a - b) }
            #expect(sum / Float(full.count) < 4, "\(side)")
        }
    }

    @Test func everyOrientationFillsTheInputAlike() throws {
        guard let corpus = Corpus.shared else { return }
        for resize in [Preprocess.Resize.stretch, .crop, .letterbox] {
            for size in [Size(120, 90), Size(40, 64), Size(20, 20)] {
                var p = Preprocess()
                p.resize = resize
                p.fraction = 0.8
                let inputs = try (1...8).map { i in
                    let bytes = try #require(corpus.files["exif_orientation_\(i).jpg"])
                    return try input(p, size) { layout in try withBytes(bytes) { try p.decode($0, for: layout) } }
                }
                for (i, x) in inputs.enumerated() {
                    // The files were compressed after turning: blocks lie elsewhere.
                    var sum: Float = 0
                    for (a, b) in zip(x, inputs[0]) { sum += abs(a - b) }
                    #expect(sum / Float(x.count) < 2, "\(resize) \(size.text) orientation \(i + 1)")
                }
            }
        }
    }

    @Test func limitsHold() throws {
        let bytes = try JPEG.encode(try scene(Size(400, 300)), quality: 85)
        var limits = JPEG.Limits()
        limits.pixels = 119_999
        #expect(throws: KingletError.self) { try withBytes(bytes) { try JPEG.decode($0, limits: limits) } }
        limits.pixels = 120_000
        #expect(throws: Never.self) { try withBytes(bytes) { try JPEG.decode($0, limits: limits) } }
        limits.bytes = 100_000
        #expect(throws: KingletError.self) { try withBytes(bytes) { try JPEG.decode($0, limits: limits) } }
        let small = try withBytes(bytes) { try JPEG.decode($0, wanting: Size(40, 30), limits: limits) }
        #expect(small.image.size == Size(50, 38))
        guard let corpus = Corpus.shared else { return }
        let progressive = try #require(corpus.files["progressive_420.jpg"])
        limits.bytes = 60_000
        let error = #expect(throws: KingletError.self) {
            try withBytes(progressive) { try JPEG.decode($0, limits: limits) }
        }
        #expect(error?.kind == .resource)
        limits = JPEG.Limits()
        limits.milliseconds = 2
        let large = try #require(corpus.files["size_12mp_4000x3000.jpg"])
        let slow = #expect(throws: KingletError.self) { try withBytes(large) { try JPEG.decode($0, limits: limits) } }
        #expect(slow?.kind == .resource)
    }
}
