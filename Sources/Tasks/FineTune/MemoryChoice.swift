import CSystem
import Engine
import Training
import Vision

/// How a run fits into memory: pictures at a time, and which layers are trained.
struct MemoryChoice {
    let trainee: Trainee
    let judge: Trainee?
    let part: TrainedPart
    /// Bytes that come on top of what the process has: arena, pictures, buffers, weights kept and written.
    let bytes: Int
    /// Of the process in all, at its peak.
    let peak: Int

    /// The largest micro-batch that keeps the peak within the limit; an error names the smallest limit that does.
    init(_ setup: FineTuneSetup) throws(KingletError) {
        let limit = setup.options.memory
        var parts = [setup.part]
        if setup.options.fewerLayers && setup.part == .all { parts += [.batchNorm, .head] }
        var least: Int?
        for part in parts {
            var batch = setup.options.batch
            while true {
                do throws(KingletError) {
                    let choice = try MemoryChoice(setup, part, batch)
                    if limit.map({ choice.peak <= $0 }) ?? true {
                        self = choice
                        return
                    }
                    least = min(least ?? .max, choice.peak)
                } catch {
                    // A model may have no normalisations to train.
                    if part == parts[0] { throw error }
                    break
                }
                if batch == 1 { break }
                batch = (batch + 1) / 2
            }
        }
        let needed = least ?? 0
        throw KingletError(
            .resource,
            "training needs at least \(bytesText(needed)) of memory with one picture at a time, the limit is "
                + "\(bytesText(limit ?? 0)): give --memory \((needed + (1 << 20) - 1) >> 20)M"
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
        // The best weights; a checkpoint as tensors and as a file: weights, state, best.
        let weights = 4 * trainee.allParameters
        let written = 2 * weights + 2 * 4 * trainee.parameters * (2 + setup.slots)
        let arenas = trainee.plan.arenaBytes + (judge?.plan.arenaBytes ?? 0)
        bytes = arenas + pictures + buffers + 4 * trainee.parameters + written + (1 << 20)
        peak = Int(ks_peak_bytes()) + bytes
    }
}
