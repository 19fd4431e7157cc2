import CSystem
import Engine
import Tasks

extension FinetuneCommand {
    /// Tells whoever waits.
    func finished(_ outcome: String, _ result: FineTuneResult?, _ message: String) {
        guard let onFinish else { return }
        var values = [("RESULT", outcome), ("MESSAGE", message), ("MODEL", result?.path ?? "")]
        if let gate = result?.gate {
            values += [
                ("CLEAN", decimals(gate.clean.after, 4)), ("CLEAN_BEFORE", decimals(gate.clean.before, 4)),
                ("ROBUST", decimals(gate.robust.after, 4)), ("ROBUST_BEFORE", decimals(gate.robust.before, 4)),
            ]
        }
        for (name, value) in values { ks_set_environment("KINGLET_" + name, value) }
        let status = ks_shell(onFinish)
        if status != 0 { complain("kinglet: --on-finish ended with \(status)") }
    }

    func options() throws(KingletError) -> FineTuneOptions {
        let network = try flags.options(model == "-" ? nil : model)
        var o = FineTuneOptions(model: network.model, data: data, output: output)
        o.settings = try images.settings()
        (o.attack, o.epsilon, o.schedule, o.rate, o.epochs) = (attack, epsilon, schedule, rate, epochs)
        for text in set { o.scheduleSettings.append(try parseSetting(text)) }
        if let time { o.seconds = try parseSeconds(time) }
        (o.ramp, o.batch, o.optimizer, o.weightDecay, o.smoothing) = (ramp, batch, optimizer, weightDecay, smoothing)
        (o.average, o.clip, o.part, o.augmentation, o.seed) = (average, clip, train, augment, seed)
        (o.quantizationAware, o.batchStatistics) = (qat, statistics == .batch)
        (o.fromScratch, o.minClean, o.force, o.fewerLayers) = (fromScratch, minClean, force, fewerLayers)
        (o.checkpoint, o.resume, o.dryRun, o.csv, o.report) = (checkpoint, resume, dryRun, csv, report)
        (o.tensorBoard, o.onFinish, o.held, o.validation, o.gate) = (tensorboard, onFinish, held, validate, gate)
        o.temperature = maxTemperature > 0 ? maxTemperature : nil
        (o.threads, o.memory) = (network.threads, network.memory)
        return o
    }
}
