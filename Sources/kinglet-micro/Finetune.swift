import Engine
import Tasks

let finetuneCommand = Command(
    syntax: Syntax(
        command: "finetune", abstract: "Train a model further, under attack, so that it is harder to fool.",
        words: trainingWords,
        flags: [
            Flag("-o", "--output", value: "file", required: true, help: "The file to write."),
            Flag("--attack", value: "name", help: "The attack to train on. (default: nfgsm)"),
            Flag("--epsilon", value: "x", help: "How far an attack may change a pixel. (default: 4/255)"),
            Flag("--schedule", value: "name", help: "The learning rate's schedule. (default: accelat-brief)"),
            Flag("--set", value: "name=value", help: "A setting of the schedule; may be repeated."),
            Flag("--rate", value: "x", help: "The learning rate that the schedule starts from."),
            Flag("--epochs", value: "n", help: "Epochs at most."),
            Flag("--time", value: "time", help: "Time at most, such as 90s, 10m or 2h; the best model so far is kept."),
            Flag("--ramp", value: "n", help: "Epochs over which epsilon grows."),
            Flag("--batch", value: "n", help: "Pictures in a step. (default: 64)"),
            Flag("--optimizer", value: "name", help: "sgd[:MOMENTUM], nesterov[:MOMENTUM] or adamw. (default: sgd)"),
            Flag("--weight-decay", value: "x", help: "Weight decay (not on biases and normalisations)."),
            Flag("--smoothing", value: "x", help: "Label smoothing. (default: 0.0)"),
            Flag("--average", value: "x", help: "Keep a moving average of the weights with this decay."),
            Flag("--clip", value: "x", help: "Largest norm of a gradient."),
            Flag("--train", value: "part", help: "What is trained: all, head, last:N or batchnorm. (default: all)"),
            Flag("--augment", value: "list", help: "none, or crop, flip, brightness:B, … (default: crop,flip)"),
            Flag("--statistics", value: "statistics", help: "Of normalisations: the model's own, or each batch's."),
            Flag("--from-scratch", help: "Start from random weights (and use each batch's statistics)."),
            Flag("--qat", help: "Train the model's int8 form, straight through the rounding."),
            Flag("--seed", value: "n", help: "Of the split, the order, the noise. (default: 1)"),
            Flag("--min-clean", value: "share", help: "Refuse a model that is right on less of plain pictures."),
            Flag("--force", help: "Write the output whatever the gate says."),
            Flag("--fewer-layers", help: "If memory does not do for all layers, train fewer."),
            Flag("--checkpoint", value: "folder", help: "Folder of checkpoints (default: beside the output)."),
            Flag("--resume", help: "Go on with an unfinished run."),
            Flag("--dry-run", help: "Say what it would take, and stop."),
            Flag("--csv", value: "file.csv", help: "Write every evaluation to this file."),
            Flag("--report", value: "file.html", help: "Write a page with curves and confusion matrices."),
            Flag("--tensorboard", value: "folder", help: "Write TensorBoard event files to this folder."),
            Flag("--on-finish", value: "command", help: "Run this with the result in KINGLET_RESULT, KINGLET_MODEL …"),
            Flag("--held", value: "share", help: "Share held out for validation, and for the gate. (default: 0.1)"),
            Flag("--validate", value: "attack", help: "Judges validation pictures. (default: pgd:10)"),
            Flag("--gate", value: "attack", help: "The attack of the gate. (default: pgd:20)"),
            Flag("--max-temperature", value: "n", help: "Pause above these degrees Celsius; 0: never. (default: 80.0)"),
        ] + imageFlags + runFlags)
) { a throws(Failure) in
    var o = FineTuneOptions(model: nil, data: a.words[1], output: a.value("--output") ?? "")
    try a.fill(&o)
    let options = o
    let isDone = try task { () throws(KingletError) in try printFineTuning(options, a.output) }
    // As a shell tells the end by Ctrl-C.
    return isDone ? 0 : 130
}

extension Arguments {
    fileprivate func fill(_ o: inout FineTuneOptions) throws(Failure) {
        let network = try network(words[0] == "-" ? nil : words[0])
        (o.model, o.threads, o.memory) = (network.model, network.threads, network.memory)
        o.settings = try settings()
        do { try texts(&o) } catch { throw .task(error) }
        do { try numbers(&o) } catch { throw .usage(error) }
        (o.quantizationAware, o.fromScratch) = (has("--qat"), has("--from-scratch"))
        (o.force, o.fewerLayers, o.resume, o.dryRun) = (
            has("--force"), has("--fewer-layers"), has("--resume"), has("--dry-run")
        )
        (o.checkpoint, o.csv, o.report) = (value("--checkpoint"), value("--csv"), value("--report"))
        (o.tensorBoard, o.onFinish) = (value("--tensorboard"), value("--on-finish"))
    }

    private func texts(_ o: inout FineTuneOptions) throws(KingletError) {
        func take(_ name: String, _ place: inout String) { if let text = value(name) { place = text } }
        take("--attack", &o.attack)
        take("--epsilon", &o.epsilon)
        take("--schedule", &o.schedule)
        take("--optimizer", &o.optimizer)
        take("--train", &o.part)
        take("--augment", &o.augmentation)
        take("--validate", &o.validation)
        take("--gate", &o.gate)
        for text in values("--set") { o.scheduleSettings.append(try parseSetting(text)) }
        if let time = value("--time") { o.seconds = try parseSeconds(time) }
    }

    private func numbers(_ o: inout FineTuneOptions) throws(WrongUsage) {
        o.rate = try double("--rate")
        o.epochs = try double("--epochs")
        o.ramp = try double("--ramp")
        o.weightDecay = try double("--weight-decay")
        o.average = try double("--average")
        o.clip = try double("--clip")
        o.minClean = try double("--min-clean")
        if let x = try double("--smoothing") { o.smoothing = x }
        if let x = try double("--held") { o.held = x }
        if let n = try int("--batch") { o.batch = n }
        if let n = try uint64("--seed") { o.seed = n }
        o.batchStatistics = try choice("--statistics", "frozen", "batch") == "batch"
        let celsius = try double("--max-temperature") ?? 80
        o.temperature = celsius > 0 ? celsius : nil
    }
}
