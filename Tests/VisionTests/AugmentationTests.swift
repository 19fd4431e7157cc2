import Engine
import Testing
import Vision

@Suite struct AugmentationTests {
    /// Pixels that differ everywhere.
    private func picture(_ size: Size, _ channels: Int) throws -> Storage {
        let x = try Storage(bytes: size.count * channels)
        let u8 = x.base.assumingMemoryBound(to: UInt8.self)
        for p in 0..<x.bytes { u8[p] = UInt8(1 + (p * 37 + p / 7 * 11) % 251) }
        return x
    }

    private func bytes(_ x: Storage) -> [UInt8] { Array(UnsafeRawBufferPointer(start: x.base, count: x.bytes)) }

    private func augment(_ text: String, _ size: Size, _ channels: Int, epoch: Int) throws -> [UInt8] {
        let augmenter = try Augmenter(try Augmentation(text), size, channels)
        let (x, y) = (try picture(size, channels), try Storage(bytes: size.count * channels))
        let u8 = y.base.assumingMemoryBound(to: UInt8.self)
        augmenter.augment(
            x.base.assumingMemoryBound(to: UInt8.self),
            Augmentation.random(seed: 5, epoch: epoch, index: 3, of: 10), to: u8)
        return bytes(y)
    }

    @Test func whatIsOffChangesNothing() throws {
        for channels in [1, 3] {
            let size = Size(13, 9)
            #expect(try augment("none", size, channels, epoch: 1) == bytes(try picture(size, channels)), "\(channels)")
        }
    }

    @Test func cropsAndFlipsMoveWholePixels() throws {
        let size = Size(16, 8)
        for channels in [1, 3] {
            let x = bytes(try picture(size, channels))
            var seen = Set<String>()
            for epoch in 0..<200 {
                let y = try augment("crop:0.25,flip", size, channels, epoch: epoch)
                var found: String?
                for mirror in [false, true] {
                    for down in -2...2 {
                        for right in -4...4 where found == nil {
                            let same = y.indices.allSatisfy { i in
                                let (r, k, c) = (i / channels / 16, i / channels % 16, i % channels)
                                let (row, column) = (r + down, (mirror ? 15 - k : k) + right)
                                let inside = row >= 0 && row < 8 && column >= 0 && column < 16
                                return y[i] == (inside ? x[(row * 16 + column) * channels + c] : 0)
                            }
                            if same { found = "\(mirror) \(down) \(right)" }
                        }
                    }
                }
                seen.insert(found ?? "none")
            }
            // 200 draws of 90 possible places.
            #expect(!seen.contains("none") && seen.count > 70, "\(channels) channels: \(seen.count)")
        }
    }

    @Test func lightChangesAsAskedAndStaysInRange() throws {
        let size = Size(16, 16)
        let x = bytes(try picture(size, 3)).map { Float($0) }
        let mean = x.reduce(0, +) / Float(x.count)
        for epoch in 0..<20 {
            let y = try augment("brightness:0.1", size, 3, epoch: epoch).map { Float($0) }
            var more: [Float] = []
            for (a, b) in zip(x, y) where b > 0 && b < 255 { more.append(b - a) }
            #expect(more.max() == more.min() && abs(more[0]) <= 26, "\(epoch)")
            let z = try augment("contrast:0.5", size, 3, epoch: epoch).map { Float($0) }
            var times: [Float] = []
            for (a, b) in zip(x, z) where abs(a - mean) > 40 && b > 0 && b < 255 {
                times.append((b - mean) / (a - mean))
            }
            let (low, high) = (times.min() ?? 0, times.max() ?? 9)
            #expect(high - low < 0.03 && low > 0.48 && high < 1.52, "\(epoch): \(low) to \(high)")
        }
    }

    @Test func jpegsAreThoseOfTheEncoder() throws {
        let size = Size(24, 16)
        let image = try Image(size)
        for (p, level) in bytes(try picture(size, 3)).enumerated() { image.u8[p] = level }
        let file = try JPEG.encode(image, quality: 70)
        let decoded = try file.withUnsafeBytes { try JPEG.decode($0).image }
        let wanted = (0..<size.count * 3).map { decoded.u8[$0] }
        #expect(try augment("jpeg:1:70", size, 3, epoch: 0) == wanted)
        let grey = try augment("jpeg:1:95", size, 1, epoch: 0)
        let worst = zip(grey, bytes(try picture(size, 1))).map { abs(Int($0) - Int($1)) }.max() ?? 0
        #expect(worst > 0 && worst < 40, "\(worst)")
        let stored = try (0..<100).filter { try augment("jpeg:0.3", size, 3, epoch: $0) != bytes(try picture(size, 3)) }
        #expect((15...45).contains(stored.count), "\(stored.count)")
    }

    @Test func oneKindOfChangeDoesNotAlterAnother() throws {
        let size = Size(16, 8)
        for epoch in 0..<10 {
            let a = try augment("crop,flip", size, 3, epoch: epoch)
            let b = try augment("crop,flip,contrast:0,jpeg:0", size, 3, epoch: epoch)
            #expect(a == b, "\(epoch)")
        }
    }

    @Test func textsAreReadBackAndWrongOnesRefused() throws {
        for text in ["none", "crop:0.125,flip", "brightness:0.2,contrast:0.5", "flip,jpeg:0.5:30-90"] {
            #expect(try Augmentation(text).text == text)
        }
        #expect(try Augmentation("crop,flip") == .usual)
        for text in ["", "crop:2", "flip:1", "zoom", "jpeg:0.5:0-90", "jpeg:0.5:90-30", "contrast", "brightness:x"] {
            #expect(throws: KingletError.self, "\(text)") { try Augmentation(text) }
        }
    }
}
