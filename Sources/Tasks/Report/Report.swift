import Training

/// What a report on a training or an evaluation tells; nil and empty parts are left out.
public struct Report: Sendable {
    /// A moment of training at which something was measured.
    public struct Point: Sendable, Equatable {
        /// Epochs done, with fractions.
        public var epoch: Double
        public var seconds: Double?
        public var rate: Double?
        public var loss: Double?
        /// Accuracies, 0 … 1, on validation pictures as they are and attacked.
        public var clean: Double?
        public var robust: Double?

        public init(
            epoch: Double, seconds: Double? = nil, rate: Double? = nil, loss: Double? = nil, clean: Double? = nil,
            robust: Double? = nil
        ) {
            (self.epoch, self.seconds, self.rate, self.loss) = (epoch, seconds, rate, loss)
            (self.clean, self.robust) = (clean, robust)
        }
    }

    /// How many pictures a model gets right under an attack.
    public struct Score: Sendable, Equatable {
        /// "clean", "pgd:20"
        public var attack: String
        /// In pixel units, of 255.
        public var epsilon: Double
        public var right: Proportion

        public init(attack: String, epsilon: Double, right: Proportion) {
            (self.attack, self.epsilon, self.right) = (attack, epsilon, right)
        }
    }

    /// Which classes a model takes for which.
    public struct Confusion: Sendable {
        public var title: String
        /// Pictures by class (row) and by what the model said (column).
        public var counts: [[Int]]

        public init(title: String, counts: [[Int]]) { (self.title, self.counts) = (title, counts) }
    }

    /// One model, judged.
    public struct Judgement: Sendable {
        /// "before", "hardened", "hardened int8"
        public var model: String
        public var scores: [Score]
        public var confusions: [Confusion]

        public init(model: String, scores: [Score], confusions: [Confusion] = []) {
            (self.model, self.scores, self.confusions) = (model, scores, confusions)
        }
    }

    /// A picture and what an attack makes of it: pixels [height, width, channels].
    public struct Example: Sendable {
        public var width: Int
        public var height: Int
        public var channels: Int
        public var original: [UInt8]
        public var adversarial: [UInt8]
        public var label: String
        /// What each model says of the two: its name, then the class and its probability.
        public var answers: [Answer]

        public init(
            width: Int, height: Int, channels: Int, original: [UInt8], adversarial: [UInt8], label: String,
            answers: [Answer]
        ) {
            (self.width, self.height, self.channels) = (width, height, channels)
            (self.original, self.adversarial) = (original, adversarial)
            (self.label, self.answers) = (label, answers)
        }
    }

    public struct Answer: Sendable {
        public var model: String
        public var original: (label: String, probability: Double)
        public var adversarial: (label: String, probability: Double)

        public init(
            model: String, original: (label: String, probability: Double),
            adversarial: (label: String, probability: Double)
        ) {
            (self.model, self.original, self.adversarial) = (model, original, adversarial)
        }
    }

    public var title: String
    /// What came out, in a sentence; `accepted` says whether that is good.
    public var verdict: String?
    public var accepted: Bool?
    public var points: [Point] = []
    public var judgements: [Judgement] = []
    public var classes: [String] = []
    public var examples: [Example] = []
    /// What it takes to do the same again.
    public var recipe: [(key: String, value: String)] = []
    public var card: String?
    /// What the reader should know, as sentences.
    public var notes: [String] = []

    public init(title: String) { self.title = title }
}
