import Engine
import Foundation
import Testing
import Vision

/// A folder that goes when the test ends.
final class Scratch {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kinglet-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        path = folder.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let url = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }
}

/// A picture of one colour.
private func jpeg(_ level: Int, _ size: Size = Size(40, 30)) throws -> [UInt8] {
    let image = try Image(size)
    for i in 0..<image.pixels.bytes { image.u8[i] = UInt8(level) }
    return try JPEG.encode(image, quality: 95)
}

@Suite struct ImageCacheTests {
    private func layout(_ n: Int, _ channels: Int = 3) throws -> Layout {
        try Layout(TensorType(.f32, [1, n, n, channels]), .identity(4))
    }

    @Test func picturesAreDecodedOnceAndBadOnesListed() throws {
        let folder = try Scratch()
        for i in 0..<4 { try folder.write("\(i % 2 == 0 ? "cat" : "dog")/\(i).jpg", try jpeg(20 * i)) }
        try folder.write("cat/0bad.jpg", [1, 2, 3])
        try folder.write("dog/cut.jpg", Array(try jpeg(7).dropLast(12)))
        try folder.write("dog/empty.jpg", [])
        let data = try Dataset(folder.path)
        let pools = try [nil, ThreadPool(1), ThreadPool(3)]
        for pool in pools {
            let cache = try ImageCache(data, Preprocess(), layout(8), threads: pool)
            let levels = (0..<cache.count).map { Int(cache.u8($0)[0]) }
            #expect(zip(levels, [0, 40, 20, 60, 7]).allSatisfy { abs($0 - $1) <= 2 }, "\(levels)")
            #expect(cache.labels == [0, 0, 1, 1, 1])
            #expect(cache.failures.map { $0.name.suffix(8) } == ["0bad.jpg", "mpty.jpg"])
            #expect(cache.failures.map { $0.reason }.contains("an empty file, not JPEG"))
            #expect(cache.flawed.map { $0.name.suffix(7) } == ["cut.jpg"])
        }
    }

    @Test func pixelsAreThoseOfTheModelsInput() throws {
        guard let corpus = Corpus.shared, let file = corpus.files["baseline_420.jpg"] else { return }
        let folder = try Scratch()
        try folder.write("a/1.jpg", Array(file))
        for (color, channels) in [(Preprocess.Color.rgb, 3), (.bgr, 3), (.grey, 1)] {
            for resize in [Preprocess.Resize.crop, .letterbox, .stretch] {
                var preprocess = Preprocess()
                (preprocess.color, preprocess.resize) = (color, resize)
                let layout = try layout(24, channels)
                let cache = try ImageCache(try Dataset(folder.path), preprocess, layout)
                let values = try Storage(bytes: 4 * cache.step)
                let input = TensorView(TensorType(.f32, [1, 24, 24, channels]), values.base)
                let picture = try withBytes(file) { try preprocess.decode($0, for: layout) }
                try preprocess.write(picture, to: input, layout)
                let same = (0..<cache.step).allSatisfy { i in
                    let c = color == .bgr ? i / 3 * 3 + 2 - i % 3 : i
                    return input.f32[c] == Float(cache.u8(0)[i])
                }
                withExtendedLifetime(values) {}
                #expect(same, "\(color) \(resize)")
            }
        }
    }

    @Test func memoryIsKnownBeforeAnythingIsDecoded() throws {
        let folder = try Scratch()
        for i in 0..<3 { try folder.write("c\(i)/x.jpg", [1]) }
        let data = try Dataset(folder.path)
        let needed = ImageCache.bytes(3, Size(8, 8), 3)
        #expect(needed == 3 * (192 + 17))
        let error = #expect(throws: KingletError.self) {
            try ImageCache(data, Preprocess(), layout(8), memory: needed - 1)
        }
        #expect(error?.message.contains("3 pictures take 627 bytes") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("enough for 2 pictures") == true, "\(error?.message ?? "")")
        // With the memory there, it is the files that are wrong.
        let bad = #expect(throws: KingletError.self) { try ImageCache(data, Preprocess(), layout(8), memory: needed) }
        #expect(bad?.message.hasPrefix("none of 3 pictures can be decoded") == true, "\(bad?.message ?? "")")
    }

    @Test func partsKeepTheirOrigin() throws {
        let folder = try Scratch()
        for name in ["train/a/1.jpg", "train/b/1.jpg", "val/a/1.jpg", "test/b/1.jpg"] {
            try folder.write("parts/" + name, [1])
        }
        for name in ["train/a/1.jpg", "train/b/1.jpg"] { try folder.write("only/" + name, [1]) }
        let record = [UInt8](repeating: 3, count: 3073)
        for name in ["data_batch_1.bin", "data_batch_2.bin", "test_batch.bin"] {
            try folder.write("cifar/" + name, record)
        }
        let cases: [(String, [Dataset.Origin])] = [
            ("parts", [.train, .train, .val, .test]), ("only", [.train, .train]), ("cifar", [.train, .train, .test]),
            ("cifar/test_batch.bin", [.given]),
        ]
        for (name, wanted) in cases {
            let data = try Dataset(folder.path + "/" + name)
            #expect((0..<data.count).map { data.origin($0) } == wanted, "\(name)")
        }
        #expect(try Dataset(folder.path + "/only").labels == ["a", "b"])
    }

    @Test func equalPicturesHaveEqualHashes() throws {
        let folder = try Scratch()
        for (name, level) in [("a/1", 9), ("a/2", 200), ("b/3", 9), ("b/4", 10)] {
            try folder.write(name + ".jpg", try jpeg(level))
        }
        let hashes = try ImageCache(try Dataset(folder.path), Preprocess(), layout(9)).hashes
        #expect(hashes[0] == hashes[2] && Set(hashes).count == 3)
    }

    @Test func samplesAreAlikeInEveryClassAndPart() throws {
        let folder = try Scratch()
        for i in 0..<120 {
            try folder.write("\(i % 4 == 0 ? "test" : "train")/\(i % 3 == 0 ? "a" : "b")/\(i).jpg", [1])
        }
        let data = try Dataset(folder.path)
        let chosen = data.sample(60, seed: 1)
        var counts: [String: Int] = [:]
        for i in chosen { counts["\(data.origin(i)) \(data.label(i))", default: 0] += 1 }
        #expect(counts == ["train 0": 15, "train 1": 30, "test 0": 5, "test 1": 10])
        #expect(chosen == data.sample(60, seed: 1) && chosen != data.sample(60, seed: 2) && chosen == chosen.sorted())
        #expect(data.sample(500, seed: 1).count == 120)
    }

    @Test func signDigitsAreSplitWithoutLoss() throws {
        guard let file = Corpus.read(Corpus.data + "/data/signdigits/signdigits.tar") else {
            print("SKIPPED: no sign digits in '\(Corpus.data)' (set KINGLET_DATA)")
            return
        }
        let folder = try Scratch()
        let tar = try Process.run(
            URL(fileURLWithPath: "/usr/bin/env"),
            arguments: ["tar", "xf", Corpus.data + "/data/signdigits/signdigits.tar", "-C", folder.path])
        tar.waitUntilExit()
        #expect(file.count > 1 << 20 && tar.terminationStatus == 0)
        let data = try Dataset(folder.path + "/signdigits")
        let classes = try ClassMap(data.labels, model: nil, outputs: 10)
        let caches = try [1, 2].map { workers in
            try ImageCache(
                data, Preprocess(), layout(32), classes: classes.index, memory: ImageCache.bytes(1401, Size(32, 32), 3),
                threads: ThreadPool(workers))
        }
        #expect(caches.allSatisfy { $0.count == 1401 && $0.failures.isEmpty && $0.flawed.isEmpty })
        #expect(caches[0].hashes == caches[1].hashes)
        let split = try DataSplit(caches[0], classes.labels, seed: 1)
        let balance = try Balance(caches[0], split, classes)
        #expect(split.train.count + split.trainDuplicates == 1000)
        #expect(split.validation.count + split.validationDuplicates == 201 && split.gate.count == 200)
        #expect(balance.rows.allSatisfy { $0.train > 90 && $0.gate == 20 }, "\(balance)")
    }
}
