import CSystem
import Engine
import Training
import Vision

/// How a run fits into memory: pictures at a time, what is computed twice, and which layers are trained.
struct MemoryChoice {
    let trainee: Trainee
    let judge: Trainee?
    let part: TrainedPart
    /// Bytes that come on top of what the process has: arena, pictures, buffers, weights kept and written, and 2 MB for
    /// code that has not run yet and small things.
    let bytes: Int
    /// Of the process in all, at its peak.
    let peak: Int
    /// Bytes of the arenas if nothing were computed again.
    let plainArenas: Int

    /// What keeps the peak within the limit at the least cost; an error names the smallest limit that can be kept.
    ///
    /// Micro-batches take no longer than a batch, and come to the same but for rounding, as long as normalisations do not
    /// use their statistics: then it is better to compute values again, which takes longer but changes no bit.
    init(_ setup: FineTuneSetup) throws(KingletError) {
        let limit = setup.options.memory ?? .max
        var parts = [setup.part]
        if setup.options.fewerLayers && setup.part == .all { parts += [.batchNorm, .head] }
        var least = Int.max
        for part in parts {
            var batch = setup.options.batch
            while true {
                do throws(KingletError) {
                    var choice = try MemoryChoice(setup, part, batch)
                    if choice.peak > limit && (setup.usesBatch || batch == 1) { choice = try choice.again(limit) }
                    least = min(least, choice.peak)
                    if choice.peak <= limit {
                        self = choice
                        return
                    }
                } catch {
                    // A model may have no normalisations to train.
                    if part == parts[0] { throw error }
                    break
                }
                if batch == 1 { break }
                batch = (batch + 1) / 2
            }
        }
        // Half a megabyte more: how much of the executable is in memory by now is not the same every time.
        throw KingletError(
            .resource,
            "training needs at least \(bytesText(least)) of memory with one picture at a time, the limit is "
                + "\(bytesText(limit)): give --memory \((least + (3 << 19) - 1) >> 20)M"
                + (parts.count == 1 && setup.part == .all ? ", or --fewer-layers to train less of the model" : ""))
    }

    private init(_ setup: FineTuneSetup, _ part: TrainedPart, _ batch: Int) throws(KingletError) {
        trainee = try setup.trainee(batch: batch, part: part)
        judge = try setup.judge(batch: batch, part: part)
        self.part = part
        let layout = trainee.layout
        let floats = layout.size.count * layout.channels
        let pictures = ImageCache.bytes(setup.dataset.count, layout.size, layout.channels)
        // Pictures and their attacked copies, the pass back, judgements.
        let buffers = batch * floats * 4 * 7 + (setup.attack.kind == .free ? setup.options.batch * floats * 4 : 0)
        // A checkpoint holds weights, which are copied to be written, state, and the best weights; it is read whole.
        let weights = 4 * trainee.allParameters
        let read = setup.options.resume ? weights + 2 * 4 * trainee.parameters * (2 + setup.slots) : 0
        var integers = 0
        if trainee.isQuantized {
            // Weights as floats, as integers, as the file has them.
            let judged = try setup.integers(setup.model, batch: batch)
            integers =
                judged.plan.arenaBytes + (try AnsweringModel.bytes(judged)) + judged.batch * floats * 4 * 5 + 3
                * weights
        }
        plainArenas = trainee.plan.arenaBytes + (judge?.plan.arenaBytes ?? 0)
        bytes = plainArenas + integers + pictures + buffers + 4 * trainee.parameters + weights + read + (2 << 20)
        peak = Int(ks_peak_bytes()) + bytes
    }

    /// `other` with arenas of other sizes.
    private init(_ other: MemoryChoice, _ trainee: Trainee, _ judge: Trainee?) {
        (self.trainee, self.judge) = (trainee, judge)
        (part, plainArenas) = (other.part, other.plainArenas)
        let less = plainArenas - trainee.plan.arenaBytes - (judge?.plan.arenaBytes ?? 0)
        bytes = other.bytes - less
        peak = other.peak - less
    }

    /// The same pictures at a time, with as much computed again as brings the peak below `limit`: of judging, then of
    /// training.
    private func again(_ limit: Int) throws(KingletError) -> MemoryChoice {
        let room = limit - (peak - plainArenas)
        let judge = try judge?.limited(to: max(room - trainee.plan.arenaBytes, 0))
        return MemoryChoice(self, try trainee.limited(to: max(room - (judge?.plan.arenaBytes ?? 0), 0)), judge)
    }
}

extension MemoryChoice {
    /// What is computed twice and what that costs, in words; nil if nothing is.
    func againText(_ attack: AttackSpec) -> String? {
        let places = [("training", trainee.plan)] + (judge.map { [("judging", $0.plan)] } ?? [])
        var counts: [String] = []
        for (place, plan) in places {
            let all = Program.allCases.compactMap { plan.again($0) }
            guard let most = all.max(by: { $0.count < $1.count }), most.count > 0 else { continue }
            counts.append("\(most.count) of \(most.of) operators in \(place)")
        }
        if counts.isEmpty { return nil }
        let arenas = places.reduce(0) { $0 + $1.1.arenaBytes }
        return counts.joined(separator: ", ") + ", to have arenas of \(bytesText(arenas)) instead of "
            + "\(bytesText(plainArenas)); a step takes about \(percent(extraTime(attack))) longer"
    }

    /// Of a step, by multiply-adds: a way forward takes 1, one back to the picture 1, one back to the weights 2.
    private func extraTime(_ attack: AttackSpec) -> Double {
        func share(_ program: Program) -> Double { trainee.plan.again(program)?.share ?? 0 }
        switch attack.kind {
        case .free: return share(.both) / 4
        case .clean, .fixed: return share(.weights) / 3
        default: return (Double(attack.steps) * share(.inputs) + share(.weights)) / Double(2 * attack.steps + 3)
        }
    }
}
