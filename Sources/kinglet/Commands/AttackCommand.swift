import ArgumentParser
import Engine
import Tasks

struct AttackCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "attack",
        abstract: "Change images a little, so that a model errs.",
        discussion: """
            Writes DIR/NAME.png for each image, at the size of the model's input, and
            DIR/sheet.png: original, perturbation ten times as strong around grey, and
            result, with what the model says. Epsilon is in pixels before normalisation.

            Attacks: fgsm, fgsm-rs, pgd:STEPS[,EPS[,ALPHA[,RESTARTS]]], pgd-margin:…,
            pgd-l2:… (EPS 128/255 unless given), deepfool[:STEPS].

            Examples:
              kinglet attack model.onnx photo.jpg -o out
              kinglet attack model.onnx photos/ -o out --attack pgd:50,,,5 --epsilon 4/255
              kinglet attack model.onnx cat.jpg -o out --label cat --target dog
              kinglet attack model.onnx photos/ -o out --versus hardened.onnx
            """)

    @Argument(
        help: ArgumentHelp("An .onnx file.", valueName: "model"), completion: .file(extensions: ["onnx"]))
    var model: String

    @Argument(
        help: ArgumentHelp("JPEG files, folders of them, or CIFAR files (.bin).", valueName: "input"),
        completion: .file())
    var inputs: [String]

    @Option(name: .shortAndLong, help: ArgumentHelp("Where the images go.", valueName: "dir"), completion: .directory)
    var output: String

    @Option(
        help: ArgumentHelp(
            "Attack this model too, with its own gradients and for the same class, and show both.", valueName: "model"),
        completion: .file(extensions: ["onnx"]))
    var versus: String?

    @Option(help: ArgumentHelp("See above.", valueName: "attack"))
    var attack = "pgd:20"

    @Option(help: ArgumentHelp("The largest change of a pixel: 8/255, 8px, or a fraction as 0.03.", valueName: "eps"))
    var epsilon = "8/255"

    @Option(help: ArgumentHelp("The class that images shall be taken for.", valueName: "class"))
    var target: String?

    @Option(help: ArgumentHelp("The class that they show (default: what the model says).", valueName: "class"))
    var label: String?

    @Option(help: ArgumentHelp("Attack the first n images only.", valueName: "n"))
    var limit: Int?

    @Option(help: ArgumentHelp("Of the random starts.", valueName: "n"))
    var seed: UInt64 = 1

    @Flag(inversion: .prefixedNo, help: "Write sheet.png, with the first 24 images.")
    var sheet = true

    @Flag(help: "Leave results as they are computed: floats [n, h, w, c], 0 … 255, in DIR/images.npy.")
    var unrounded = false

    @OptionGroup var images: ImageFlags
    @OptionGroup var flags: RunFlags

    func execute() throws(KingletError) {
        try require(limit.map { $0 > 0 } ?? true, .usage, "--limit \(limit ?? 0): give 1 or more")
        let inputs = try AttackInput.all(inputs, limit: limit)
        try require(!inputs.isEmpty, .usage, "no images to attack")
        var options = AttackOptions()
        (options.attack, options.epsilon, options.seed) = (attack, epsilon, seed)
        (options.target, options.label, options.grid) = (target, label, !unrounded)
        options.batch = min(inputs.count, inputs.count < 64 ? 8 : 50)
        let network = try flags.nativeOptions(model)
        (options.threads, options.memory) = (network.threads, network.memory)
        let attacker = try Attacker(model, try images.settings(), options)
        options.memory = options.memory.map { $0 - attacker.bytes }
        let rival = try versus.map { path throws(KingletError) in
            try Attacker(path, try images.settings(), options)
        }
        if let rival {
            try require(
                rival.size == attacker.size && rival.channels == attacker.channels
                    && rival.classes == attacker.classes, .usage,
                "'\(model)' takes \(shape(attacker)), '\(versus ?? "")' \(shape(rival)): they cannot be shown the same")
            if let mine = attacker.labels, let its = rival.labels {
                try require(
                    mine == its, .usage,
                    "classes of '\(model)' and '\(versus ?? "")' have other names, or another order (--labels names them for both)")
            }
        }
        let names = versus.map { [model, $0].map(name) } ?? []
        var files = try AttackFiles(output, attacker, grid: !unrounded, rows: sheet ? 24 : 0, names: names)
        let width = min(60, inputs.map { $0.name.count }.max() ?? 0)
        var (done, fooled, bad) = (0, [0, 0], 0)
        for first in stride(from: 0, to: inputs.count, by: attacker.batch) {
            let batch = inputs[first..<min(first + attacker.batch, inputs.count)]
            let (results, failed) = try attacker.attack(batch)
            let others = try rival?.attack(batch, showing: results.map { $0.label }).attacked
            for (input, error) in failed { complain("kinglet: \(input.name): \(error.description)") }
            bad += failed.count
            for (i, result) in results.enumerated() {
                let both = [result] + (others.map { [$0[i]] } ?? [])
                let paths = try files.write(both)
                say(flags.json ? json(both, paths) : line(both, paths, width))
                if let warning = result.warning { complain("kinglet: \(result.input.name): \(warning)") }
                for (m, image) in both.enumerated() { fooled[m] += image.fooled ? 1 : 0 }
                done += 1
            }
        }
        let sheet = try files.finish()
        let did = target == nil ? "fool" : "hit the target of"
        let counts = names.isEmpty ? "the model" : "\(names[0]), \(fooled[1]) \(names[1])"
        complain(
            "\(attacker.description): \(fooled[0]) of \(done) images \(did) \(counts)"
                + (sheet.map { "; see \($0)" } ?? ""))
        try require(bad == 0, .badFile, "\(bad) of \(inputs.count) inputs could not be attacked")
    }

    private func shape(_ a: Attacker) -> String {
        "\(a.size.width)×\(a.size.height)×\(a.channels) for \(a.classes) classes"
    }

    /// Of a model, without folder and extension.
    private func name(_ path: String) -> String {
        let file = path.split(separator: "/").last.map(String.init) ?? path
        return file.hasSuffix(".onnx") ? String(file.dropLast(5)) : file
    }

    private func line(_ images: [AttackedImage], _ paths: [String], _ width: Int) -> String {
        func said(_ p: AttackedImage.Prediction) -> String { p.label + " " + decimals(Double(p.probability), 4) }
        let name = images[0].input.name
        let space = String(repeating: " ", count: max(0, width - name.count))
        let each = zip(images, paths).map { r, path in
            "\(said(r.before)) -> \(said(r.after))  \(r.largest)/255  \(path)"
        }
        return "\(name)\(space)  \(each.joined(separator: " | "))\n"
    }

    private func json(_ images: [AttackedImage], _ paths: [String]) -> String {
        func said(_ p: AttackedImage.Prediction) -> JSON {
            .object([
                ("index", .int(p.index)), ("label", .string(p.label)), ("probability", .float(p.probability)),
            ])
        }
        func result(_ m: Int) -> [(String, JSON)] {
            let r = images[m]
            return [
                ("output", .string(paths[m])), ("label", .int(r.label)), ("before", said(r.before)),
                ("after", said(r.after)), ("fooled", .bool(r.fooled)), ("largest", .int(r.largest)),
                ("length", .number(r.length)),
            ]
        }
        let versus: [(String, JSON)] = images.count > 1 ? [("versus", .object(result(1)))] : []
        return JSON.object([("input", .string(images[0].input.name))] + result(0) + versus).text + "\n"
    }
}
