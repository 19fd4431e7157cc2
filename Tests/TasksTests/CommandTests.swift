import CSystem
import Engine
import Glibc
import ONNX
import Tasks
import Testing
import Vision

/// Tasks on small models whose answers are known.
@Suite struct CommandTests {
    /// Files of one test, removed with it.
    final class Scratch {
        let path: String
        private var files: [String] = []

        init(_ name: String) { path = "/tmp/kinglet-\(name)-\(ks_now())" }

        func file(_ name: String) -> String {
            files.append(path + name)
            return path + name
        }

        deinit { for file in files { unlink(file) } }
    }

    /// y[n, c] = mean of channel c: red, green, blue as three classes.
    static func colours(_ size: Int = 8) -> Model {
        Model(
            opset: 13,
            inputs: [Model.Value(name: "x", .f32, [.symbol("N"), .size(3), .size(size), .size(size)])],
            outputs: [Model.Value(name: "y", .f32, [.symbol("N"), .size(3)])],
            nodes: [
                Model.Node("GlobalAveragePool", name: "p", ["x"], ["p"]),
                Model.Node("Flatten", name: "f", ["p"], ["y"]),
            ])
    }

    static func jpeg(red: UInt8, green: UInt8, blue: UInt8, _ size: Size) throws -> [UInt8] {
        let image = try Image(size)
        for i in 0..<size.count { (image.u8[3 * i], image.u8[3 * i + 1], image.u8[3 * i + 2]) = (red, green, blue) }
        return try JPEG.encode(image, quality: 95)
    }

    @Test func importedSettingsAndLabelsDecideWhatClassifySays() throws {
        let scratch = Scratch("classify")
        let (model, mine, photo) = (scratch.file("m.onnx"), scratch.file("mine.onnx"), scratch.file("p.jpg"))
        try Self.colours().write(to: model)
        try writeFile(try Self.jpeg(red: 20, green: 220, blue: 60, Size(24, 16)), to: photo)
        var settings = ImageSettings()
        try settings.set("kinglet.mean", "128", as: "--mean")
        try settings.set("kinglet.std", "32", as: "--std")
        try settings.set("kinglet.labels", "red\ngreen\nblue", as: "--labels")
        _ = try importModel(model, settings: settings, card: "three colours", to: mine)

        let plain = try Classifier(NetworkOptions(model: model), ImageSettings(), top: 1)
        #expect(plain.notes.count == 1)
        #expect(try plain.classify(photo).predictions[0].label == "1")

        let classifier = try Classifier(NetworkOptions(model: mine), ImageSettings(), top: 3)
        #expect(classifier.notes.isEmpty)
        let result = try classifier.classify(photo)
        #expect(result.predictions.map { $0.label } == ["green", "blue", "red"])
        #expect(abs(result.predictions.reduce(0) { $0 + $1.probability } - 1) < 1e-5)
        #expect(result.width == 24 && result.height == 16)

        var bgr = ImageSettings()
        try bgr.set("kinglet.color", "bgr", as: "--bgr")
        let turned = try Classifier(NetworkOptions(model: mine), bgr, top: 3)
        #expect(try turned.classify(photo).predictions.map { $0.label } == ["green", "red", "blue"])
    }

    @Test func badInputsAreErrorsOfTheirKind() throws {
        let scratch = Scratch("bad")
        let (model, text) = (scratch.file("m.onnx"), scratch.file("t.jpg"))
        try Self.colours().write(to: model)
        try writeFile(Array("no picture at all".utf8), to: text)
        let classifier = try Classifier(NetworkOptions(model: model), ImageSettings(), top: 1)
        for path in [text, "/nowhere/at/all.jpg", "/tmp", "http://camera/"] {
            let error = #expect(throws: KingletError.self, "\(path)") { try classifier.classify(path) }
            #expect(error?.kind == (path.hasPrefix("http") ? .unsupported : .badFile), "\(path)")
        }
        #expect(throws: KingletError.self) { try readModel(text) }
        #expect(throws: KingletError.self) { try Classifier(NetworkOptions(model: model), ImageSettings(), top: 0) }
    }

    @Test func aMemoryLimitIsKeptOrRefusedBeforeRunning() throws {
        let scratch = Scratch("memory")
        let model = scratch.file("m.onnx")
        try Self.colours(512).write(to: model)
        var options = NetworkOptions(model: model)
        options.memory = 1 << 20
        let error = #expect(throws: KingletError.self) { try bench(options, BenchOptions()) }
        #expect(error?.kind == .resource)
        options.memory = 1 << 32
        var few = BenchOptions()
        few.runs = 3
        let report = try bench(options, few)
        #expect(report.wall.count == 3 && report.wall == report.wall.sorted())
        #expect(report.arenaBytes >= 4 * 3 * 512 * 512)
    }

    @Test func runTakesAndGivesTensorsInTheFilesOwnOrder() throws {
        let scratch = Scratch("run")
        let (model, x, y) = (scratch.file("m.onnx"), scratch.file("x.npy"), scratch.file("y.npy"))
        try Self.colours(2).write(to: model)
        let values: [Float] = (0..<24).map { Float($0) }
        try values.withUnsafeBytes { raw in
            let base = try #require(raw.baseAddress)
            try Npy.write(TensorType(.f32, [2, 3, 2, 2]), base, to: x)
        }
        let report = try run(NetworkOptions(model: model), inputs: [NamedFile(x)], outputs: [NamedFile("y=" + y)])
        #expect(report.outputs[0].type == TensorType(.f32, [2, 3]))
        #expect(try Npy.read(y).floats == [1.5, 5.5, 9.5, 13.5, 17.5, 21.5])
        for (inputs, outputs) in [([], []), (["z=" + x], []), ([x, x], []), ([x], ["z=" + y]), ([y], [])] {
            #expect(throws: KingletError.self, "\(inputs) \(outputs)") {
                try run(
                    NetworkOptions(model: model), inputs: inputs.map { NamedFile($0) },
                    outputs: outputs.map { NamedFile($0) })
            }
        }
    }

    @Test func theBuiltInModelIsThere() throws {
        let inspection = try inspect(NetworkOptions())
        #expect(inspection.inputs[0].shape == ["N", "3", "32", "32"])
        #expect(inspection.parameters > 1000 && inspection.macs > 1_000_000)
        #expect(inspection.steps.count < inspection.layers.count)
    }

    @Test func everyCaseOfAnOperatorIsTimed() throws {
        let rates = try benchOperator("Relu")
        #expect(rates.count == Kernels.available.count * (entry(for: "Relu")?.cases.count ?? 0))
        #expect(throws: KingletError.self) { try benchOperator("Nothing") }
    }
}
