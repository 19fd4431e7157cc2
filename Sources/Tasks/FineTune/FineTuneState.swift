import CSystem
import Engine
import ONNX
import Training

extension FineTuneRun {
    /// Saves everything; the file.
    func save() throws(KingletError) -> String {
        var checkpoint = Checkpoint(recipe: recipe.text, steps: trainer.steps)
        checkpoint.schedule = schedule.state
        checkpoint.guardState = watch.state + [Double(observed), sums.loss, Double(sums.correct), Double(sums.rows)]
        checkpoint.history = points.map { $0.bits } + ["seconds \(seconds.bitPattern)"]
        for (i, (p, w)) in zip(session.parameters, choice.trainee.weights).enumerated() {
            for (k, slot) in p.slots.enumerated() {
                checkpoint.arrays.append(
                    ("slot\(k)/" + w.origin, UnsafeBufferPointer(start: slot, count: p.weights.count)))
            }
            // A model of integers does not hold them.
            if choice.trainee.isQuantized {
                checkpoint.arrays.append(
                    ("weights/" + w.origin, UnsafeBufferPointer(start: p.weights.f32, count: p.weights.count)))
            }
            checkpoint.arrays.append(
                ("best/" + w.origin, UnsafeBufferPointer(start: best.weights(i), count: p.weights.count)))
        }
        if !trainer.carried.isEmpty { checkpoint.arrays.append(("delta", UnsafeBufferPointer(trainer.carried))) }
        let kept = judge.keptStatistics(best.running)
        for (name, values) in kept { checkpoint.arrays.append((name, values)) }
        let model = try choice.trainee.exported(
            session.parameters.map { UnsafePointer($0.weights.f32) }, running: judge.running)
        savedAt = ks_now()
        return try setup.options.checkpoints.write(checkpoint, model)
    }

    func resume(_ folder: CheckpointFolder) throws(KingletError) {
        guard let (checkpoint, model, complaints) = try folder.newest() else {
            throw KingletError(.usage, "nothing to go on with: '\(folder.path)' holds no checkpoint")
        }
        notes += complaints.map { "a damaged checkpoint was passed over: \($0)" }
        if let difference = recipe.difference(from: Recipe(parsing: checkpoint.recipe)) {
            throw KingletError(.usage, "the checkpoint in '\(folder.path)' is of another recipe: \(difference)")
        }
        if choice.trainee.isQuantized {
            for (p, w) in zip(session.parameters, choice.trainee.weights) {
                let from = try checkpoint.array("weights/" + w.origin, count: p.weights.count)
                for i in 0..<from.count { p.weights.f32[i] = from[i] }
            }
        } else {
            for (p, tensor) in zip(session.parameters, try choice.trainee.weights(of: model)) {
                p.weights.base.copyMemory(from: tensor.base, byteCount: tensor.type.bytes)
            }
        }
        for (i, (p, w)) in zip(session.parameters, choice.trainee.weights).enumerated() {
            let count = p.weights.count
            for (k, slot) in p.slots.enumerated() {
                guard let from = try checkpoint.array("slot\(k)/" + w.origin, count: count).baseAddress else {
                    continue
                }
                slot.update(from: from, count: count)
            }
            guard let from = try checkpoint.array("best/" + w.origin, count: count).baseAddress else { continue }
            best.weights(i).update(from: from, count: count)
        }
        if let to = trainer.carried.baseAddress,
            let from = try checkpoint.array("delta", count: trainer.carried.count).baseAddress
        {
            to.update(from: from, count: trainer.carried.count)
        }
        best.running = try judge.restoreStatistics(checkpoint, model)
        session.weightsChanged()
        let state = checkpoint.guardState
        try require(
            state.count == 9 && [5, 7, 8].allSatisfy { state[$0] >= 0 && state[$0] < Double(Int32.max) }, .badFile,
            "the checkpoint's guard cannot be read")
        try watch.restore(Array(state.prefix(5)))
        observed = Int(state[5])
        (sums.loss, sums.correct, sums.rows) = (state[6], Int(state[7]), Int(state[8]))
        try schedule.restore(checkpoint.schedule)
        trainer.resume(after: checkpoint.steps)
        for line in checkpoint.history {
            if line.hasPrefix("seconds "), let bits = UInt64(line.dropFirst(8)) {
                secondsBefore = Double(bitPattern: bits)
            } else if let point = Report.Point(bits: line) {
                points.append(point)
            }
        }
    }
}

extension Report.Point {
    /// All numbers exactly.
    var bits: String {
        [epoch, seconds, rate, loss, clean, robust].map { $0.map { String($0.bitPattern, radix: 16) } ?? "-" }
            .joined(separator: " ")
    }

    init?(bits: String) {
        let fields = bits.split(separator: " ").map { UInt64($0, radix: 16).map { Double(bitPattern: $0) } }
        guard fields.count == 6, let epoch = fields[0] else { return nil }
        self.init(
            epoch: epoch, seconds: fields[1], rate: fields[2], loss: fields[3], clean: fields[4], robust: fields[5])
    }
}
