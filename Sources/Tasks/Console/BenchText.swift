import Engine

/// What `bench` measures.
public enum BenchSubject: Sendable {
    case model(NetworkOptions, BenchOptions)
    /// Training steps of a model, under an attack or `sgd`, on a part of its weights.
    case training(NetworkOptions, ImageSettings, attack: String, part: String, seconds: Double)
    /// Every case of one operator, on every instruction set.
    case oneOperator(String)
    /// The kernels of every instruction set against its peak.
    case kernels
}

/// Measures and prints.
public func printBench(_ subject: BenchSubject, _ output: Output) throws(KingletError) {
    switch subject {
    case .model(let network, let options):
        try require(
            options.runs.map { $0 >= 1 } ?? true, .usage, "--runs \(options.runs ?? 0): give 1 or more")
        try require(
            options.seconds > 0 && options.seconds <= 86400, .usage,
            "--seconds \(options.seconds): give more than 0, at most 86400")
        try require(!options.steps || network.threads == 1, .usage, "--steps times one thread: give --threads 1")
        // What another backend brings shows beside what there is without it.
        var native = network
        native.backend = .native
        for network in network.backend == .native ? [network] : [native, network] {
            let report = try bench(network, options)
            for note in report.notes { complain("kinglet: " + note) }
            if report.backend == .native && network.backend != .native { continue }
            say(output.json ? report.json.text + "\n" : report.text)
        }
    case .training(let network, let settings, let attack, let part, let seconds):
        try require(
            seconds > 0 && seconds <= 86400, .usage, "--seconds \(seconds): give more than 0, at most 86400")
        let rate = try benchTraining(network, settings: settings, attack: attack, part: part, seconds: seconds)
        say(output.json ? rate.json.text + "\n" : rate.text)
    case .oneOperator(let name):
        let rates = try benchOperator(name)
        if output.json { return say(rates.map { $0.json.text + "\n" }.joined()) }
        let rows = rates.map { [$0.name, $0.isa, decimals(Double($0.ns) / 1000, 2), String($0.outputs)] }
        say(tableText(rows, header: ["case", "kernels", "µs", "output elements"]))
    case .kernels:
        let rates = try benchKernels()
        if output.json { return say(rates.map { $0.json.text + "\n" }.joined()) }
        let rows = rates.map { rate in
            let share = rate.peakShare.map { decimals($0 * 100, 1) } ?? ""
            return [rate.isa.name, rate.kernel, rate.shape, decimals(rate.gops, 1), share]
        }
        say(tableText(rows, header: ["kernels", "kernel", "shape", "Gop/s", "% of peak"]))
    }
}

extension KernelRate {
    var json: JSON {
        .object([
            ("kernel", .string(kernel)), ("isa", .string(isa.name)), ("shape", .string(shape)),
            ("gops", .number(gops)), ("peakShare", peakShare.map { .number($0) } ?? .null),
        ])
    }
}

extension TrainingRate {
    var text: String {
        "\(model): training steps, \(attack), \(isa), \(threads) threads, batch \(batch), \(parameters) parameters\n"
            + tableText([
                ["rate", decimals(imagesPerSecond, 0), "images per second"],
                ["", decimals(imagesPerCpuSecond, 0), "images per second of processor time"],
                ["step", msText(percentile(wall, 50)), "p50"],
                ["arena", bytesText(arenaBytes), "values, gradients, weights, optimizer state"],
                ["peak", bytesText(peakBytes), "of the process"],
            ])
    }
}

extension BenchReport {
    var text: String {
        let runs = "\(runs) runs"
        var text =
            "\(model): \(offloaded?.text ?? isa), \(threads) thread\(threads == 1 ? "" : "s"), batch \(batch), \(runs)\n"
        text += tableText([
            ["first", msText(first), "reading, planning and the first run"],
            ["p50", msText(percentile(wall, 50)), "\(msText(percentile(cpu, 50))) of processor time"],
            ["p90", msText(percentile(wall, 90)), ""],
            ["p99", msText(percentile(wall, 99)), ""],
            ["min", msText(wall.first ?? 0), ""],
            ["arena", bytesText(arenaBytes), "for values"],
            ["peak", bytesText(peakBytes), "of the process"],
        ])
        if steps.isEmpty { return text }
        let total = steps.reduce(0) { $0 + $1.ns }
        let rows = steps.map { step in
            let share = Double(step.ns) / Double(max(total, 1)) * 100
            return [step.name, step.kind, decimals(Double(step.ns) / 1000, 1), decimals(share, 1)]
        }
        return text + "\n" + tableText(rows, header: ["step", "operator", "µs", "%"])
    }
}
