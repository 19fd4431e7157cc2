import Engine
import Tasks

/// One command: what it takes, and what it does with it; the exit code.
struct Command: Sendable {
    let syntax: Syntax
    let run: @Sendable (Arguments) throws(Failure) -> Int32
}

let classifyCommand = Command(
    syntax: Syntax(
        command: "classify", abstract: "Name what JPEG photographs show.",
        words: [
            Positional(name: "input", help: "JPEG files, folders, or - for standard input (one, or MJPEG).", many: true)
        ],
        flags: [
            Flag("-m", "--model", value: "file", help: "An .onnx file (default: the built-in model)."),
            Flag("-k", "--top", value: "n", help: "How many classes to name."),
            Flag("--frames", value: "n", help: "Frames to take of each stream (default: all)."),
            Flag("--every", value: "n", help: "Take every n-th frame only."),
            Flag("--interval", value: "seconds", help: "Let so many seconds pass from frame to frame."),
        ] + imageFlags + runFlags)
) { a throws(Failure) in
    let top = try read { () throws(WrongUsage) in try a.int("--top") ?? 1 }
    var pace = FramePace()
    pace.limit = try read { () throws(WrongUsage) in try a.int("--frames") }
    pace.every = try read { () throws(WrongUsage) in try a.int("--every") ?? 1 }
    pace.interval = try read { () throws(WrongUsage) in try a.double("--interval") ?? 0 }
    let request = ClassifyRequest(a.words, try a.network(a.value("--model")), try a.settings(), top: top, pace)
    try task { () throws(KingletError) in try printClassifications(request, a.output) }
    return 0
}

let inspectCommand = Command(
    syntax: Syntax(
        command: "inspect",
        abstract: "Show what is in a model: layers, shapes, parameters, multiply-adds, memory, model card.",
        words: modelWords,
        flags: [
            modelFlag, Flag("--batch", value: "n", help: "Images per run, where the model leaves it open."),
            Flag("--steps", help: "List the fused operators that run instead of the layers of the file."),
        ] + runFlags)
) { a throws(Failure) in
    let network = try a.network(try a.model())
    try task { () throws(KingletError) in try printInspection(network, steps: a.has("--steps"), a.output) }
    return 0
}

let benchCommand = Command(
    syntax: Syntax(
        command: "bench", abstract: "Measure how fast a model runs here.", words: modelWords,
        flags: [
            modelFlag, Flag("--batch", value: "n", help: "Images per run, where the model leaves it open."),
            Flag("--runs", value: "n", help: "Measure this many runs."),
            Flag("--seconds", value: "s", help: "Measure for this long. (default: 1.0)"),
            Flag("--steps", help: "Time every operator too (one thread)."),
            Flag("--op", value: "name", help: "Time the cases of this ONNX operator on every instruction set instead."),
            Flag("--kernels", help: "Time the kernels of every instruction set against its peak instead."),
            Flag("--train", value: "attack", help: "Time training steps instead: sgd or an attack, as of finetune."),
            Flag("--part", value: "part", help: "What --train trains: all, head, last:N or batchnorm. (default: all)"),
        ] + imageFlags + runFlags)
) { a throws(Failure) in
    try task { () throws(KingletError) in
        try require(!a.has("--kernels") || !a.has("--op"), .usage, "--op or --kernels, not both")
    }
    let subject: BenchSubject
    if let name = a.value("--op") {
        subject = .oneOperator(name)
    } else if a.has("--kernels") {
        subject = .kernels
    } else {
        let network = try a.network(try a.model())
        let seconds = try read { () throws(WrongUsage) in try a.double("--seconds") ?? 1 }
        if let attack = a.value("--train") {
            subject = .training(
                network, try a.settings(), attack: attack, part: a.value("--part") ?? "all", seconds: seconds)
        } else {
            var options = BenchOptions()
            (options.seconds, options.steps) = (seconds, a.has("--steps"))
            options.runs = try read { () throws(WrongUsage) in try a.int("--runs") }
            subject = .model(network, options)
        }
    }
    try task { () throws(KingletError) in try printBench(subject, a.output) }
    return 0
}

let evaluateCommand = Command(
    syntax: Syntax(
        command: "evaluate", abstract: "Measure how often a model is right, and how easily it is fooled.",
        words: trainingWords,
        flags: [
            Flag("--attack", value: "list", help: "Attacks with commas between them. (default: clean,fgsm,pgd:20)"),
            Flag("--epsilon", value: "list", help: "How far a pixel may change: 8/255, 8px or 0.03. (default: 4/255)"),
            Flag("--limit", value: "n", help: "At most this many pictures, drawn at random. (default: 1000)"),
            Flag("--seed", value: "n", help: "Of the draw and of the attacks' noise. (default: 1)"),
            Flag("--batch", value: "n", help: "Pictures at a time. (default: 32)"),
            Flag("--report", value: "file.html", help: "Write a page with curves and confusion matrices."),
        ] + imageFlags + runFlags)
) { a throws(Failure) in
    let network = try a.network(a.words[0] == "-" ? nil : a.words[0])
    var o = EvaluateOptions(model: network.model, data: a.words[1])
    o.settings = try a.settings()
    if let list = a.value("--attack") { o.attacks = list }
    if let list = a.value("--epsilon") { o.epsilons = list }
    (o.threads, o.memory) = (network.threads, network.memory)
    let (limit, seed, batch) = (o.limit, o.seed, o.batch)
    o.limit = try read { () throws(WrongUsage) in try a.int("--limit") ?? limit }
    o.seed = try read { () throws(WrongUsage) in try a.uint64("--seed") ?? seed }
    o.batch = try read { () throws(WrongUsage) in try a.int("--batch") ?? batch }
    let options = o
    try task { () throws(KingletError) in try printEvaluation(options, report: a.value("--report"), a.output) }
    return 0
}

let trainingWords = [
    Positional(name: "model", help: "An .onnx file, or - for the built-in model."),
    Positional(name: "data", help: "Labelled pictures."),
]
