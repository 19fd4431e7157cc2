import Engine

extension AttackSpec {
    /// Reads `accepted`. Fields left empty keep their default: `pgd:20,,,5`.
    public init(parsing text: String) throws(KingletError) {
        func refused(_ why: String) -> KingletError {
            KingletError(.usage, "attack '\(text)': \(why); give \(AttackSpec.accepted)")
        }
        let halves = Decimal.split(text, at: UInt8(ascii: ":"))
        guard let name = halves.first, halves.count <= 2 else { throw refused("more than one ':'") }
        var fields = halves.count == 2 ? Decimal.split(halves[1], at: UInt8(ascii: ",")) : []

        /// The next field as an integer in `range`.
        func whole(_ what: String, _ range: ClosedRange<Int>, else standard: Int?) throws(KingletError) -> Int {
            let field = fields.isEmpty ? "" : fields.removeFirst()
            if field.isEmpty, let standard { return standard }
            guard let value = Int(field), range.contains(value) else {
                let got = field.isEmpty ? "no number of \(what)" : "'\(field)' as number of \(what)"
                throw refused("\(got), which takes \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
        func distance(_ norm: Norm) throws(KingletError) -> Epsilon? {
            let field = fields.isEmpty ? "" : fields.removeFirst()
            return field.isEmpty ? nil : try Epsilon(parsing: field, norm: norm)
        }
        func iterated(_ kind: Kind, steps: Int?) throws(KingletError) -> AttackSpec {
            var spec = AttackSpec(kind)
            spec.steps = try whole("steps", 1...10_000, else: steps)
            spec.epsilon = try distance(spec.norm)
            spec.alpha = try distance(spec.norm)
            spec.restarts = try whole("restarts", 1...1000, else: 1)
            return spec
        }
        func single(_ kind: Kind) throws(KingletError) -> AttackSpec {
            var spec = AttackSpec(kind)
            spec.epsilon = try distance(.max)
            if kind != .fgsm { spec.alpha = try distance(.max) }
            if kind == .fgsmRS { spec.restarts = try whole("restarts", 1...1000, else: 1) }
            return spec
        }
        switch name {
        case "none", "clean": self = AttackSpec(.clean)
        case "fgsm": self = try single(.fgsm)
        case "fgsm-rs": self = try single(.fgsmRS)
        case "nfgsm": self = try single(.nfgsm)
        case "pgd": self = try iterated(.pgd, steps: nil)
        case "pgd-margin": self = try iterated(.pgdMargin, steps: 20)
        case "pgd-l2": self = try iterated(.pgdL2, steps: 20)
        case "static": self = AttackSpec(.fixed)
        case "free":
            self = AttackSpec(.free)
            steps = try whole("replays", 1...100, else: nil)
        case "deepfool":
            self = AttackSpec(.deepFool)
            steps = try whole("steps", 1...10_000, else: 50)
            epsilon = try distance(.max)
        case "trades":
            self = AttackSpec(.trades, steps: 10)
            if !fields.isEmpty {
                guard let value = Decimal.number(fields.removeFirst()), value > 0, value <= 1000 else {
                    throw refused("beta is not a number above 0, at most 1000")
                }
                beta = value
            }
        default:
            guard name.hasPrefix("pgd"), let count = Int(name.dropFirst(3)), count > 0, halves.count == 1 else {
                throw refused("unknown")
            }
            fields = ["\(count)"]
            self = try iterated(.pgd, steps: nil)
        }
        if !fields.isEmpty { throw refused("too many numbers") }
    }

    /// Several with commas between them: `clean,fgsm,pgd:20`. A field that starts with a digit, or is empty, belongs to
    /// the attack before it, so `pgd:20,4/255` is one.
    public static func list(parsing text: String) throws(KingletError) -> [AttackSpec] {
        var groups: [String] = []
        for field in Decimal.split(text, at: UInt8(ascii: ",")) {
            let first = field.utf8.first ?? UInt8(ascii: "0")
            let continues = first < UInt8(ascii: "a") && !groups.isEmpty
            if continues { groups[groups.count - 1] += "," + field } else { groups.append(field) }
        }
        var specs: [AttackSpec] = []
        for group in groups { specs.append(try AttackSpec(parsing: group)) }
        return specs
    }
}
