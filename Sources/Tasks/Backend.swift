import Engine

#if KINGLET_ARMNN
    import ArmNN
#endif

/// What computes a model.
public enum Backend: String, Sendable, CaseIterable {
    case native
    /// Arm NN for what it can, or an error where it is missing.
    case armnn
    /// Arm NN where it has a fast device, else native with a warning.
    case auto

    public static var hasArmNN: Bool {
        #if KINGLET_ARMNN
            true
        #else
            false
        #endif
    }
}

/// What of a model another backend runs.
public struct Offloaded: Sendable {
    public struct Step: Sendable {
        public let name: String
        public let kind: String
    }
    /// Steps that run there as one.
    public struct Region: Sendable {
        public let name: String
        public let steps: [Step]
    }
    /// A step that runs natively, and why.
    public struct Rest: Sendable {
        public let step: Step
        public let reason: String
    }
    public let device: String
    public let version: String
    public let regions: [Region]
    public let rest: [Rest]

    public var offloaded: Int { regions.reduce(0) { $0 + $1.steps.count } }
    public var total: Int { offloaded + rest.count }

    public var text: String {
        "Arm NN \(version), \(device): \(offloaded) of \(total) steps in \(regions.count) regions"
    }

    public var json: JSON {
        func json(_ step: Step) -> [(String, JSON)] { [("name", .string(step.name)), ("op", .string(step.kind))] }
        return .object([
            ("device", .string(device)), ("version", .string(version)), ("steps", .int(total)),
            ("offloaded", .int(offloaded)),
            (
                "regions",
                .array(
                    regions.map { region in
                        .object([
                            ("name", .string(region.name)), ("steps", .array(region.steps.map { .object(json($0)) })),
                        ])
                    })
            ),
            ("native", .array(rest.map { .object(json($0.step) + [("reason", .string($0.reason))]) })),
        ])
    }
}

/// A graph ready to plan, with its parts given to those who run them.
public struct Placement: Sendable {
    public let graph: Graph
    /// Nil where everything is native.
    public let offloaded: Offloaded?
    /// Why it is, though something else was asked for.
    public let warning: String?

    #if KINGLET_ARMNN
        private let offload: Offload?
    #endif

    /// `graph` as it comes from its file.
    public init(_ graph: Graph, _ options: NetworkOptions) throws(KingletError) {
        switch options.backend {
        case .native: self = try Placement(native: graph, nil)
        case .armnn: self = try Placement(armnn: graph, options)
        case .auto:
            do throws(KingletError) {
                self = try Placement(armnn: graph, options)
            } catch {
                if error.kind == .usage { throw error }
                self = try Placement(native: graph, "computing natively: " + error.message)
            }
        }
    }

    private init(native graph: Graph, _ warning: String?) throws(KingletError) {
        self.graph = try graph.optimized()
        self.warning = warning
        offloaded = nil
        #if KINGLET_ARMNN
            offload = nil
        #endif
    }

    #if KINGLET_ARMNN
        private init(armnn graph: Graph, _ options: NetworkOptions) throws(KingletError) {
            let shim = try Shim.open()
            let device = try shim.choose(options.armnnDevice)
            // The reference backend is there to be compared with: it is many times slower than Kinglet itself.
            try require(
                options.backend == .armnn || options.armnnDevice != nil || device != "CpuRef", .device,
                "Arm NN \(shim.version) has only its slow reference backend here (--armnn-device CpuRef insists)")
            let offload = try Offload(graph, shim, device: device, threads: options.threads)
            self.offload = offload
            self.graph = offload.graph
            warning = nil
            func step(_ node: Graph.Node) -> Offloaded.Step { .init(name: node.name, kind: node.kind) }
            offloaded = Offloaded(
                device: device, version: shim.version,
                regions: offload.parts.map { .init(name: $0.name, steps: $0.nodes.map(step)) },
                rest: offload.rest.map { .init(step: step($0.node), reason: $0.reason) })
        }

        /// Throws if a run failed since the start.
        public func check() throws(KingletError) { try offload?.check() }
    #else
        private init(armnn graph: Graph, _ options: NetworkOptions) throws(KingletError) {
            throw KingletError(
                .unsupported,
                "this kinglet was built without Arm NN: build with KINGLET_ARMNN=1, or use --backend native")
        }

        /// Throws if a run failed since the start.
        public func check() throws(KingletError) {}
    #endif
}
