import Engine
import Tasks

extension FinetuneCommand {
    func options() throws(KingletError) -> FineTuneOptions {
        let network = try flags.nativeOptions(model == "-" ? nil : model)
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
