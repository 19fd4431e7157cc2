import Engine

/// A setting of a schedule.
public struct ScheduleParameter: Sendable {
    /// What a value may be.
    public enum Domain: Sendable { case positive, nonNegative, share, count, whole, flag, any }

    public let name: String
    /// What it is when it is not given; NaN: worked out from the others.
    public let standard: Double
    public let domain: Domain
    public let about: String

    init(_ name: String, _ standard: Double, _ domain: Domain, _ about: String) {
        self.name = name
        self.standard = standard
        self.domain = domain
        self.about = about
    }

    /// What `domain` asks for, in words.
    public var wanted: String {
        switch domain {
        case .positive: "a number above 0"
        case .nonNegative: "0 or more"
        case .share: "above 0, at most 1"
        case .count: "a whole number, 1 to 10000"
        case .whole: "a whole number, 0 to 10000"
        case .flag: "0 or 1"
        case .any: "a number"
        }
    }

    func accepts(_ x: Double) -> Bool {
        switch domain {
        case .positive: x > 0 && x.isFinite
        case .nonNegative: x >= 0 && x.isFinite
        case .share: x > 0 && x <= 1
        case .count: x >= 1 && x <= 10000 && x.rounded() == x
        case .whole: x >= 0 && x <= 10000 && x.rounded() == x
        case .flag: x == 0 || x == 1
        case .any: x.isFinite
        }
    }
}

/// Values of a schedule's parameters, checked.
public struct ScheduleSettings: Sendable {
    private var values: [(name: String, value: Double)] = []

    init(_ schedule: ScheduleEntry, _ given: [(name: String, value: Double)]) throws(KingletError) {
        for (name, value) in given {
            guard let parameter = schedule.parameters.first(where: { $0.name == name }) else {
                let known = schedule.parameters.reduce("") { $0 + ($0.isEmpty ? "" : ", ") + $1.name }
                throw KingletError(.usage, "schedule \(schedule.name) has no setting '\(name)': it has \(known)")
            }
            try require(
                parameter.accepts(value), .usage, "schedule \(schedule.name): '\(name)' must be \(parameter.wanted)")
            try require(self[name, or: .nan].isNaN, .usage, "schedule \(schedule.name): '\(name)' is given twice")
            values.append((name, value))
        }
        for parameter in schedule.parameters where self[parameter.name, or: .nan].isNaN {
            values.append((parameter.name, parameter.standard))
        }
    }

    /// The value of a parameter that the schedule has; NaN if it is to be worked out.
    subscript(name: String) -> Double { self[name, or: .nan] }

    subscript(name: String, or standard: Double) -> Double {
        for value in values where value.name == name && !value.value.isNaN { return value.value }
        return standard
    }
}

/// A schedule as the registry lists it.
public struct ScheduleEntry: Sendable {
    public let name: String
    public let about: String
    public let parameters: [ScheduleParameter]
    /// What only all settings together can break.
    let check: @Sendable (ScheduleSettings) throws(KingletError) -> Void
    let make: @Sendable (ScheduleSettings) -> any LearningRateSchedule

    init(
        _ name: String, _ about: String, _ parameters: [ScheduleParameter],
        check: @escaping @Sendable (ScheduleSettings) throws(KingletError) -> Void = { _ throws(KingletError) in },
        make: @escaping @Sendable (ScheduleSettings) -> any LearningRateSchedule
    ) {
        self.name = name
        self.about = about
        self.parameters = parameters
        self.check = check
        self.make = make
    }
}

/// The schedule called `name`.
public func schedule(
    _ name: String, _ given: [(name: String, value: Double)] = []
) throws(KingletError) -> any LearningRateSchedule {
    guard let entry = schedules.first(where: { $0.name == name }) else {
        let known = schedules.reduce("") { $0 + ($0.isEmpty ? "" : ", ") + $1.name }
        throw KingletError(.usage, "no schedule '\(name)': there are \(known)")
    }
    let settings = try ScheduleSettings(entry, given)
    try entry.check(settings)
    return entry.make(settings)
}
