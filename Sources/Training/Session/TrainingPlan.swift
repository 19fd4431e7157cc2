import Engine

/// Where everything lives while a network is trained or attacked: fixed, exact, known before anything runs.
///
/// One arena holds the input, the logits, trained weights with their gradients and optimizer state, rearranged weights,
/// and behind all that the transient memory, which every program uses anew.
public final class TrainingPlan: Sendable {
    public struct Options: Sendable {
        /// Constants of the graph to be trained, by value.
        public var trained: [Int] = []
        /// Floats of optimizer state for each weight.
        public var slots = 0
        public var programs: [Program] = [.forward]
        /// Values to be read after a pass, such as the statistics of a batch.
        public var observed: [Int] = []
        /// Bytes that the arena shall have at most. To keep to them values are forgotten, and computed again on the way back
        /// to the same bits; if that does not do, the arena is as small as it can be made. Nil: every value is kept.
        public var arenaLimit: Int?

        public init(
            trained: [Int] = [], slots: Int = 0, programs: [Program] = [.forward], observed: [Int] = [],
            arenaLimit: Int? = nil
        ) {
            (self.trained, self.slots, self.programs, self.observed) = (trained, slots, programs, observed)
            self.arenaLimit = arenaLimit
        }
    }

    /// Places of a trained weight in the arena.
    struct Parameter: Sendable {
        let value: Int
        let weights: Int
        let gradient: Int?
        let slots: [Int]
    }

    enum Place: Sendable {
        case arena(Int)
        case constant(Int)
    }

    struct Step: Sendable {
        let node: Int
        let inputs: [Place]
        let outputs: [Place]
        let scratch: Int
        let packing: Packing
        /// What it reads changes when the trained weights do.
        let changes: Bool
    }

    struct BackwardStep: Sendable {
        let node: Int
        /// What has to be computed again before.
        let again: [Step]
        let inputs: [Place]
        let outputs: [Place]
        /// Where the gradient of each output is; a float output that nobody read has one that is zeroed first.
        let dy: [Int]
        let unread: [Int]
        let dx: [Int?]
        let adds: [Bool]
        let scratch: Int
        let packing: Packing
    }

    /// Inputs of an operator rearranged for its kernels.
    struct Packing: Sendable {
        let offset: Int
        let bytes: Int
        let when: When

        enum When: Sendable {
            case once
            /// After the trained weights changed.
            case changed
            /// Before every run: the graph computes what is packed.
            case always
        }
    }

    struct Course: Sendable {
        let forward: [Step]
        let backward: [BackwardStep]
        let again: Again
    }

    /// What a program computes a second time on its way back.
    public struct Again: Sendable {
        /// Operators, and of how many.
        public let count: Int
        public let of: Int
        /// Their part of the multiply-adds of a way forward.
        public let share: Double
    }

    public let graph: Graph
    public let target: Target
    public let options: Options
    /// Bytes of the one block that holds all there is.
    public let arenaBytes: Int
    /// Bytes of it that the passes need anew each time, and of it that hold weights, gradients and optimizer state.
    public let transientBytes: Int
    let parameters: [Parameter]
    /// Operators on weights alone: they run when the weights have changed, and their way back before weights are stepped.
    let prologue: Course
    /// By program; nil where it was not asked for.
    let courses: [Course?]
    let input: Place
    let logits: Place
    let dlogits: Int
    let inputGradient: Int?
    let observed: [Int]
    /// Gradients of what the prologue computes: zero before the first pass back, summed up until the weights are stepped.
    let accumulators: [(offset: Int, count: Int)]

    /// `graph` has one input and one output, float logits [batch, classes].
    public init(_ graph: Graph, _ options: Options, target: Target = Target()) throws(KingletError) {
        let builder = try TrainingPlanner(graph, options, target)
        self.graph = graph
        self.target = target
        self.options = options
        arenaBytes = builder.persistent + builder.transient
        transientBytes = builder.transient
        parameters = builder.parameters
        prologue = builder.prologue
        courses = builder.courses
        input = builder.place(graph.inputs[0], nil)
        logits = builder.place(graph.outputs[0], nil)
        dlogits = builder.gradientOf[graph.outputs[0]] ?? 0
        inputGradient = builder.gradientOf[graph.inputs[0]]
        observed = options.observed.map { builder.fixed[$0] ?? 0 }
        accumulators = builder.accumulators
    }

    /// Of a program that was asked for.
    public func again(_ program: Program) -> Again? { courses[program.rawValue]?.again }
}
