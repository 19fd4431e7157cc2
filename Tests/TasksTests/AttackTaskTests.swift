import CSystem
import Engine
import Glibc
import Tasks
import Testing
import Vision

/// `attack` on a model whose logits are the means of red, green and blue.
@Suite struct AttackTaskTests {
    static func results(
        _ scratch: CommandTests.Scratch, _ options: AttackOptions, paths: [String], grid: Bool = true
    ) throws -> (attacked: [AttackedImage], failed: [String], files: AttackFiles, attacker: Attacker) {
        let model = scratch.file("m.onnx")
        try CommandTests.colours().write(to: model)
        let inputs = try AttackInput.all(paths, limit: nil)
        var options = options
        options.batch = 4
        options.grid = grid
        let attacker = try Attacker(model, ImageSettings(), options)
        let files = try AttackFiles(scratch.path + "out", attacker, grid: grid, rows: 2)
        var (all, failed) = ([AttackedImage](), [String]())
        for first in stride(from: 0, to: inputs.count, by: 4) {
            let part = try attacker.attack(inputs[first..<min(first + 4, inputs.count)])
            all += part.attacked
            failed += part.failed.map { $0.input.name }
        }
        return (all, failed, files, attacker)
    }

    static func photo(_ scratch: CommandTests.Scratch, _ name: String, _ r: UInt8, _ g: UInt8, _ b: UInt8) throws
        -> String
    {
        let path = scratch.file(name)
        try writeFile(try CommandTests.jpeg(red: r, green: g, blue: b, Size(16, 16)), to: path)
        return path
    }

    @Test func attackedImagesFoolTheModelInsideTheBall() throws {
        let scratch = CommandTests.Scratch("attack")
        let green = try Self.photo(scratch, "green.jpg", 20, 200, 160)
        for (attack, epsilon, fooled) in [
            ("fgsm", "30px", true), ("pgd:5", "30px", true), ("fgsm", "10px", false), ("deepfool", "60px", true),
            ("clean", "30px", false),
        ] {
            var options = AttackOptions()
            (options.attack, options.epsilon) = (attack, epsilon)
            let result = try #require(try Self.results(scratch, options, paths: [green]).attacked.first)
            #expect(result.before.index == 1 && result.label == 1)
            #expect(result.fooled == fooled && (result.after.index == 2) == fooled, "\(attack) at \(epsilon)")
            #expect(result.largest <= Int(epsilon.dropLast(2))! && (result.largest > 0) == (attack != "clean"))
        }
    }

    @Test func targetsAndLabelsAreHeeded() throws {
        let scratch = CommandTests.Scratch("target")
        let green = try Self.photo(scratch, "green.jpg", 100, 120, 110)
        var options = AttackOptions()
        (options.attack, options.epsilon, options.target) = ("pgd:10", "20px", "0")
        let result = try #require(try Self.results(scratch, options, paths: [green]).attacked.first)
        #expect(result.after.index == 0 && result.fooled)
        options.target = nil
        options.label = "2"
        // Already taken for something else than what it is said to be.
        #expect(try #require(try Self.results(scratch, options, paths: [green]).attacked.first).fooled)
        for (target, label) in [("3", nil), ("-1", nil), ("cat", nil), (nil, "3")] as [(String?, String?)] {
            (options.target, options.label) = (target, label)
            #expect(throws: KingletError.self) { try Self.results(scratch, options, paths: [green]) }
        }
    }

    @Test func everyImageGetsItsFileAndBadOnesDoNotStopTheRest() throws {
        let scratch = CommandTests.Scratch("files")
        let (a, b) = (try Self.photo(scratch, "a.jpg", 90, 100, 80), try Self.photo(scratch, "b.jpg", 90, 80, 100))
        let bad = scratch.file("bad.jpg")
        try writeFile([1, 2, 3], to: bad)
        var options = AttackOptions()
        options.epsilon = "16px"
        var (attacked, failed, files, attacker) = try Self.results(scratch, options, paths: [a, bad, a, b, a, a])
        #expect(failed == [bad] && attacked.map { $0.input.name } == [a, a, b, a, a])
        var written: [String] = []
        for image in attacked { written += try files.write([image]) }
        written.append(try #require(try files.finish()))
        #expect(
            Set(written).count == 6 && written[5].hasSuffix("out/sheet.png")
                && written[0].hasSuffix("a.jpg".dropLast(4) + ".png"))
        for path in written {
            let file = try Storage(file: path)
            #expect(file.base.load(fromByteOffset: 1, as: UInt8.self) == UInt8(ascii: "P") && file.bytes > 200)
            unlink(path)
        }
        var floats = try AttackFiles(scratch.path + "out", attacker, grid: false, rows: 0)
        for image in attacked { _ = try floats.write([image]) }
        #expect(try floats.finish() == nil)
        let npy = try Npy.read(scratch.path + "out/images.npy")
        #expect(npy.type.shape == [5, 8, 8, 3])
        unlink(scratch.path + "out/images.npy")
        rmdir(scratch.path + "out")
    }

    @Test func aSecondModelIsAttackedForTheSameClassAndShownBeside() throws {
        let scratch = CommandTests.Scratch("versus")
        let green = try Self.photo(scratch, "green.jpg", 100, 120, 110)
        var options = AttackOptions()
        (options.attack, options.epsilon) = ("fgsm", "10px")
        let first = try Self.results(scratch, options, paths: [green])
        let input = try AttackInput.all([green], limit: nil)
        // Said to be blue, which the second model does not see even before.
        let second = try #require(try first.attacker.attack(input[...], showing: [2]).attacked.first)
        let image = try #require(first.attacked.first)
        #expect(image.label == 1 && second.label == 2 && second.fooled && second.before.index == 1)
        var files = try AttackFiles(scratch.path + "out", first.attacker, grid: true, rows: 2, names: ["a", "b"])
        let paths = try files.write([image, second]) + [try #require(try files.finish())]
        #expect(zip(paths, ["green.png", "green.versus.png", "/sheet.png"]).allSatisfy { $0.hasSuffix($1) })
        // Six tiles of 128 pixels 8 apart; a line of names, tile and caption.
        let sheet = try Storage(file: paths[2])
        let bytes = (16..<24).map { sheet.base.load(fromByteOffset: $0, as: UInt8.self) }
        #expect(bytes == [0, 0, 3, 56, 0, 0, 0, 170])
        for path in paths { unlink(path) }
        rmdir(scratch.path + "out")
    }
}
