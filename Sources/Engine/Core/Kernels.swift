import CKernels
import CSystem

/// Instruction sets that have kernels of their own; each includes the ones its processor family lists before it.
public enum ISA: Int32, Sendable, CaseIterable {
    /// What every processor of the architecture has: NEON on ARMv8, and elsewhere (SSE2, ARMv7) the Swift twins.
    case baseline = 0
    case avx2 = 1
    case avx512 = 2
    case vnni = 3
    case dotprod = 4
    case i8mm = 5
    /// ARMv7's, which not every such processor has.
    case neon = 6

    public var name: String {
        switch self {
        case .baseline: "baseline"
        case .avx2: "avx2"
        case .avx512: "avx512"
        case .vnni: "vnni"
        case .dotprod: "dotprod"
        case .i8mm: "i8mm"
        case .neon: "neon"
        }
    }
}

/// The leaf kernels of one instruction set. A kernel that the table lacks is the Swift twin's job.
public struct Kernels: Sendable {
    public let isa: ISA
    let table: kn_table

    /// Kernels for `isa`; nil if this processor (or this build) lacks it.
    public init?(_ isa: ISA) {
        guard isa == .baseline || kn_has(isa.rawValue) != 0 else { return nil }
        self.isa = isa
        table = kn_kernels(isa.rawValue)
    }

    public static var available: [Kernels] { ISA.allCases.compactMap { Kernels($0) } }

    /// The last available set, or the one that `KINGLET_ISA` names.
    public static let best: Kernels = {
        let all = available
        if let wanted = ks_environment("KINGLET_ISA") {
            let name = String(cString: wanted)
            if let found = all.first(where: { $0.isa.name == name }) { return found }
        }
        return all[all.count - 1]
    }()
}
