import CSystem
import Engine
import Testing
import Vision

/// Nanoseconds that a file may take: one second, times `KINGLET_TEST_PATIENCE` on an emulated processor.
private let patience: UInt64 = {
    let factor = ks_environment("KINGLET_TEST_PATIENCE").flatMap { UInt64(String(cString: $0)) } ?? 1
    return factor * 1_000_000_000
}()

@Suite struct CorpusTests {
    @Test func everyFileBehavesAsTheManifestSays() throws {
        guard let corpus = Corpus.shared else { return }
        for row in corpus.rows where row["frames"] == "" {
            let (file, expected) = (row["file"] ?? "", row["expected"] ?? "")
            let bytes = try #require(corpus.files[file])
            let start = ks_now()
            do {
                let decoded = try withBytes(bytes) { try JPEG.decode($0) }
                #expect(expected != "error", "\(file) was decoded")
                #expect(decoded.size.width == Int(row["width"] ?? ""), "\(file)")
                #expect(decoded.size.height == Int(row["height"] ?? ""), "\(file)")
                #expect(decoded.image.size == decoded.size, "\(file)")
                if expected == "ok" { #expect(decoded.warning == nil, "\(file)") }
                if expected == "error_or_partial" { #expect(decoded.warning != nil, "\(file)") }
                if let name = row["ref"], name != "", let limit = Double(row["pil_mean_abs_diff_to_ref"] ?? "") {
                    let difference = meanDifference(decoded.image, PNG(try #require(corpus.files[name])))
                    #expect(difference <= limit + 1.5, "\(file)")
                }
            } catch let error as KingletError {
                #expect(expected != "ok", "\(file): \(error.description)")
                #expect(!error.message.isEmpty)
            }
            #expect(ks_now() - start < patience, "\(file) took too long")
        }
    }

    @Test func errorsNameWhatTheFileIs() throws {
        guard let corpus = Corpus.shared else { return }
        let cases = [
            ("png_named.jpg", "PNG, not JPEG"), ("webp_named.jpg", "WebP, not JPEG"),
            ("text_named.jpg", "HTML or XML, not JPEG"), ("trunc_0_bytes.jpg", "an empty file, not JPEG"),
            ("random_bytes.jpg", "an unknown kind of data, not JPEG"),
            ("lossless_sof3.jpg", "lossless JPEG is not supported"),
            ("twelve_bit_sof1.jpg", "12-bit JPEG is not supported"),
            ("bomb_30000x30000.jpg", "30000x30000 pixels are too many: the limit is 268435456"),
            ("progressive_scan_bomb_3000x3000_1000.jpg", "more than 64 scans in one JPEG"),
        ]
        for (file, message) in cases {
            let bytes = try #require(corpus.files[file])
            let error = #expect(throws: KingletError.self) { try withBytes(bytes) { try JPEG.decode($0) } }
            #expect(error?.message == message, "\(file)")
        }
    }

    @Test func everyPrefixIsAnErrorOrAPictureWithAWarning() throws {
        guard let corpus = Corpus.shared else { return }
        for file in ["progressive_420.jpg", "exif_orientation_6.jpg", "cmyk_adobe.jpg"] {
            let bytes = try #require(corpus.files[file])
            for length in stride(from: 0, to: bytes.count - 2, by: 97) {
                let decoded = try? withBytes(bytes.prefix(length)) { try JPEG.decode($0) }
                #expect(decoded == nil || decoded?.warning != nil, "\(file) cut to \(length) bytes")
            }
        }
    }

    private func meanDifference(_ x: Image, _ reference: PNG) -> Double {
        guard x.width == reference.width, x.height == reference.height else { return .infinity }
        var sum = 0
        for (i, r) in reference.rgb.enumerated() { sum += abs(Int(x.u8[i]) - Int(r)) }
        return Double(sum) / Double(reference.rgb.count)
    }
}
