import Engine
import Testing
import Vision

/// Motion JPEG in pieces, padded and damaged, made of real JPEGs.
@Suite struct StreamTests {
    /// What comes out of a stream: the bytes of a frame, or nil for a damaged one.
    static func frames(
        _ source: any ByteSource, limit: Int = 64 << 20
    ) throws -> (frames: [[UInt8]?], skipped: Int, single: Bool) {
        let stream = try JPEGStream(source, limit: limit)
        var list: [[UInt8]?] = []
        while let frame = try stream.next(until: { false }) {
            #expect(frame.number == list.count + 1)
            if case .jpeg(let bytes) = frame.content { list.append(Array(bytes)) } else { list.append(nil) }
        }
        return (list, stream.skipped, stream.single)
    }

    /// JPEGs of the corpus, of sign digits and of photographs; nil where the shared data is absent.
    static let files: [[UInt8]]? = {
        guard let corpus = Corpus.shared else { return nil }
        let sound = corpus.rows.filter { $0["expected"] == "ok" && $0["frames"] == "" }.compactMap { $0["file"] }
            .filter { !$0.contains("second_jpeg") }
        var files = sound.compactMap { corpus.files[$0] }.filter { $0.count < 300_000 }.map { Array($0) }
        for tar in ["signdigits/signdigits.tar", "imagenet_sample/imagenet_sample_200.tar"] {
            guard let bytes = Corpus.read(Corpus.data + "/data/" + tar) else { continue }
            let all = Corpus.untar(bytes).sorted { $0.key < $1.key }.map { Array($0.value) }
            files += all.enumerated().filter { $0.offset % 20 == 0 && $0.element.count < 300_000 }.map { $0.element }
        }
        return files
    }()

    @Test func aFileIsOneFrameToItsLastByte() throws {
        guard let files = Self.files else { return }
        #expect(files.count > 80)
        // Bytes behind the end, as some cameras write them, belong to no frame.
        var trailed = 0
        for file in files {
            let (frames, skipped, single) = try Self.frames(Pieces(file, largest: 4000))
            let frame = try #require(frames.first ?? nil)
            let right = frames.count == 1 && single && file.starts(with: frame)
            #expect(right, "a file of \(file.count) bytes")
            #expect(frame.count + skipped <= file.count)
            if frame.count < file.count { trailed += 1 }
        }
        #expect(trailed <= 3)
    }

    @Test func wholeFramesComeOutWhateverIsBetweenThemAndDamagedOnesAreCounted() throws {
        guard let files = Self.files else { return }
        // A thumbnail inside of a cut APP1 looks like a frame: files with one are only used whole.
        func begins(_ file: [UInt8]) -> Int {
            (0..<file.count - 2).count { file[$0] == 0xFF && file[$0 + 1] == 0xD8 && file[$0 + 2] == 0xFF }
        }
        let whole = files.filter { file in
            withBytes(file) { bytes in JPEG.frames(bytes) == [0..<file.count] }
        }
        let plain = whole.filter { begins($0) == 1 }
        #expect(plain.count > 60)
        for seed in 1...300 {
            var dice = Dice(UInt64(seed))
            var stream: [UInt8] = []
            var wanted: [[UInt8]?] = []
            for _ in 0..<12 {
                switch dice.below(4) {
                case 0:
                    let file = plain[dice.below(plain.count)]
                    // Damage mostly falls where decisions are made: into the header.
                    let reach = dice.below(2) == 0 ? min(file.count, 800) : file.count
                    stream += file.prefix(3 + dice.below(reach - 4))
                    wanted.append(nil)
                case 1:
                    let file = whole[dice.below(whole.count)]
                    stream += file
                    wanted.append(file)
                    // Padding and bytes that belong to nobody.
                    stream += [UInt8](repeating: [0, 0xFF, 0x0A][dice.below(3)], count: dice.below(600))
                    stream += dice.bytes(dice.below(300)).map { $0 == 0xFF ? 0xFE : $0 }
                default:
                    let file = whole[dice.below(whole.count)]
                    stream += file
                    wanted.append(file)
                }
            }
            // The end must not be inside of a first frame, which is given as it is.
            if wanted.allSatisfy({ $0 == nil }) { continue }
            let largest = [1, 7, 1000, 65536][seed % 4]
            if largest == 1, stream.count > 200_000 { continue }
            let (frames, _, single) = try Self.frames(Pieces(stream, largest: largest, seed: UInt64(seed)))
            #expect(!single || wanted.count == 1)
            #expect(frames.count == wanted.count, "seed \(seed)")
            let wrong = zip(frames, wanted).enumerated().filter { $0.element.0 != $0.element.1 }.map { $0.offset }
            #expect(wrong.isEmpty, "seed \(seed)")
        }
    }

    @Test func fillBytesAndRestartMarkersAreNoEnds() throws {
        guard let corpus = Corpus.shared else { return }
        let restarts = Array(try #require(corpus.files.first { $0.key.contains("restart") }?.value))
        #expect((0..<restarts.count - 1).contains { restarts[$0] == 0xFF && restarts[$0 + 1] & 0xF8 == 0xD0 })
        let filled = restarts.dropLast(2) + [0xFF, 0xFF, 0xFF, 0xFF, 0xD9]
        for file in [restarts, Array(filled)] {
            let (frames, skipped, _) = try Self.frames(Pieces(file + file, largest: 999))
            let right = frames == [file, file] && skipped == 0
            #expect(right)
        }
    }

    @Test func aFrameIsGivenBeforeAnythingOfTheNextOneIsNeeded() throws {
        guard let files = Self.files else { return }
        let three = Array(files.filter { file in withBytes(file) { JPEG.frames($0) == [0..<file.count] } }.prefix(3))
        let source = Pieces(three.flatMap { $0 }, largest: 1)
        let stream = try JPEGStream(source)
        var end = 0
        for (i, file) in three.enumerated() {
            let frame = try #require(try stream.next(until: { false }))
            guard case .jpeg(let bytes) = frame.content else { return }
            end += file.count
            // Three bytes further it is certain that the first frame is not the only one.
            let right = bytes.elementsEqual(file)
            #expect(right && source.read <= end + (i == 0 ? 3 : 0))
        }
    }

    @Test func aFrameAboveTheLimitIsDamagedAndTheNextOneIsFound() throws {
        guard let corpus = Corpus.shared else { return }
        let small = Array(try #require(corpus.files["progressive_420.jpg"]))
        let large = Array(try #require(corpus.files["baseline_420.jpg"]))
        #expect(small.count < large.count)
        let (frames, _, _) = try Self.frames(Pieces(small + large + small, largest: 100), limit: small.count)
        let right = frames == [small, nil, small]
        #expect(right)
    }

    @Test func aStreamStopsWhenItIsTold() throws {
        final class Silence: ByteSource {
            func wait(_ ms: Int) throws(KingletError) -> Bool { false }
            func read(_ to: UnsafeMutableRawPointer, _ room: Int) throws(KingletError) -> Int { 0 }
        }
        var calls = 0
        let stream = try JPEGStream(Silence())
        #expect(
            try stream.next(until: {
                calls += 1
                return calls == 3
            }) == nil && calls == 3)
    }
}
