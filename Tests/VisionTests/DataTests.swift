import CSystem
import Engine
import Foundation
import Testing
import Vision

@Suite struct DataTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("kinglet-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    private func write(_ path: String, _ bytes: [UInt8]) throws {
        let url = URL(fileURLWithPath: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    @Test func foldersAreClassesInOrderOfTheirNames() throws {
        try withFolder { root in
            for name in ["b/2.jpg", "b/10.JPEG", "a/x.jpg", "a/deep/y.jpeg", "a/note.txt", "a/.hidden.jpg"] {
                try write(root + "/" + name, [1])
            }
            let folder = try ImageFolder(root)
            #expect(folder.labels == ["a", "b"])
            #expect(folder.files == ["a/deep/y.jpeg", "a/x.jpg", "b/10.JPEG", "b/2.jpg"].map { root + "/" + $0 })
            #expect(folder.classes == [0, 0, 1, 1])
            #expect(try Folder.pictures(root + "/b").count == 2)
        }
    }

    @Test func partsAreFoldersOrDrawnByName() throws {
        try withFolder { root in
            for i in 0..<200 { try write(root + "/drawn/c\(i % 2)/\(i).jpg", [1]) }
            let (train, val) = (try ImageFolder(root + "/drawn", .train), try ImageFolder(root + "/drawn", .val))
            #expect(train.files.count + val.files.count == 200 && (20...60).contains(val.files.count))
            #expect(Set(train.files).isDisjoint(with: val.files))
            #expect(try ImageFolder(root + "/drawn", .val, seed: 1).files != val.files)
            for name in ["train/a/1.jpg", "train/b/1.jpg", "test/b/2.jpg"] { try write(root + "/parts/" + name, [1]) }
            let test = try ImageFolder(root + "/parts", .val)
            #expect(test.files.count == 1 && test.labels == ["a", "b"] && test.classes == [1])
            #expect(try ImageFolder(root + "/parts", .all).files.count == 3)
        }
    }

    @Test func cifarRecordsArePlanes() throws {
        try withFolder { root in
            var planes = [UInt8](repeating: 0, count: 3072)
            for i in 0..<1024 { for c in 0..<3 { planes[1024 * c + i] = UInt8(100 * c + i % 7) } }
            try write(root + "/test_batch.bin", [3] + planes + [9] + planes)
            try write(root + "/data_batch_1.bin", [1] + planes)
            let test = try Dataset(root, .val)
            #expect(test.count == 2 && test.label(0) == 3 && test.label(1) == 9 && test.labels.count == 10)
            #expect(try Dataset(root).count == 3)
            let image = try CIFAR([root + "/test_batch.bin"]).image(1)
            let pixels = (0..<6).map { Int(image.u8[$0]) }
            #expect(pixels == [0, 100, 200, 1, 101, 201])
            try write(root + "/fine.bin", [1, 99] + planes)
            #expect(try CIFAR([root + "/fine.bin"]).labels == [99])
            for bytes in [[], [11] + planes, [1] + planes.dropLast()] {
                try write(root + "/bad.bin", Array(bytes))
                #expect(throws: KingletError.self) { try CIFAR([root + "/bad.bin"]) }
            }
        }
    }

    @Test func absentFoldersAreErrors() {
        #expect(throws: KingletError.self) { try Folder.entries("/nowhere/at/all") }
        #expect(throws: KingletError.self) { try Dataset("/nowhere/at/all") }
    }

    @Test func streamsAreCutIntoFrames() throws {
        guard let corpus = Corpus.shared else { return }
        for row in corpus.rows {
            guard let count = Int(row["frames"] ?? ""), let file = row["file"] else { continue }
            let bytes = try #require(corpus.files[file])
            let frames = withBytes(bytes) { bytes in
                JPEG.frames(bytes).map { try? JPEG.decode(UnsafeRawBufferPointer(rebasing: bytes[$0])) }
            }
            #expect(frames.count == count, "\(file)")
            for frame in frames { #expect(frame?.size == Size(160, 120) && frame?.warning == nil, "\(file)") }
            #expect(try piped(bytes).count == count, "\(file) through a pipe")
        }
    }

    @Test func aStreamOfOnePictureMayBeCutButNotForeign() throws {
        guard let corpus = Corpus.shared else { return }
        #expect(try piped(try #require(corpus.files["baseline_420.jpg"])) == [8371])
        #expect(try piped(try #require(corpus.files["trunc_50pct.jpg"])) == [4497])
        #expect(try piped(try #require(corpus.files["exif_thumbnail_inside.jpg"])) == [11117])
        let error = #expect(throws: KingletError.self) { try piped(try #require(corpus.files["png_named.jpg"])) }
        #expect(error?.message == "PNG, not JPEG")
        #expect(throws: KingletError.self) { try piped([]) }
    }

    /// Sizes of the frames that come out of a pipe into which `bytes` are written in odd portions.
    private func piped(_ bytes: ArraySlice<UInt8>) throws -> [Int] {
        let pipe = Pipe()
        let writer = Thread {
            var rest = bytes
            while !rest.isEmpty {
                pipe.fileHandleForWriting.write(Data(rest.prefix(777)))
                rest = rest.dropFirst(777)
            }
            try? pipe.fileHandleForWriting.close()
        }
        writer.start()
        let stream = try JPEGStream(FileBytes(pipe.fileHandleForReading.fileDescriptor))
        var sizes: [Int] = []
        while let frame = try stream.next(until: { false }) {
            if case .jpeg(let bytes) = frame.content { sizes.append(bytes.count) }
        }
        return sizes
    }
}
