import Engine

/// Prints what is in a model; `steps`: the fused operators that run instead of the layers of the file.
public func printInspection(_ options: NetworkOptions, steps: Bool, _ output: Output) throws(KingletError) {
    let report = try inspect(options)
    if let warning = report.warning { complain("kinglet: " + warning) }
    say(output.json ? report.json.text + "\n" : report.text(steps: steps))
}

extension Inspection {
    func text(steps: Bool) -> String {
        let rows = (steps ? self.steps : layers).map { layer in
            [
                layer.name, layer.kind, TensorType(layer.type, layer.shape).description,
                layer.parameters == 0 ? "" : String(layer.parameters), layer.macs == 0 ? "" : countText(layer.macs),
            ]
        }
        let text = tableText(rows, header: ["layer", "operator", "output", "parameters", "multiply-adds"]) + "\n"
        var facts = [["model", "\(model), opset \(opset)"]]
        if !producer.isEmpty { facts.append(["made by", producer]) }
        facts += inputs.map { ["input", $0.text] } + outputs.map { ["output", $0.text] }
        facts += [
            ["layers", "\(layers.count), run as \(self.steps.count) steps"],
            ["parameters", "\(countText(parameters)), \(bytesText(parameterBytes))"],
            ["multiply-adds", "\(countText(macs)) for a batch of \(batch)"],
            [
                "memory",
                "\(arenaBytes) bytes for values, \(packedBytes) for packed weights "
                    + "(\(isa), \(threads) thread\(threads == 1 ? "" : "s"))",
            ],
        ]
        for (key, value) in metadata {
            let lines = value.split { $0.isNewline }
            let short = lines.count > 1 ? "\(lines.count) lines: \(lines[0]) … \(lines[lines.count - 1])" : value
            facts.append([key, short])
        }
        if let offloaded { facts += offloaded.rows }
        return text + tableText(facts)
    }
}

extension Offloaded {
    /// Its regions, then what stays here and why.
    fileprivate var rows: [[String]] {
        var rows = [["backend", text]]
        for region in regions {
            let ends = [region.steps.first, region.steps.last].compactMap { $0 }.map { "\($0.kind) '\($0.name)'" }
            rows.append([region.name, "\(region.steps.count) steps, \(ends.joined(separator: " … "))"])
        }
        return rows + rest.map { ["native", "\($0.step.kind) '\($0.step.name)': \($0.reason)"] }
    }
}
