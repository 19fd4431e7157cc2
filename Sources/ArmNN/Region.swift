import CArmNN
import Engine
import Synchronization

/// A part of a graph that Arm NN runs as one operator. Inputs: what it reads of the rest, then the constants of its nodes,
/// which Arm NN has copied already.
final class Region: Op, @unchecked Sendable {
    private let net: Net
    private let types: [TensorType]
    /// Number of inputs that are computed.
    private let computed: Int
    private let failed = Mutex<KingletError?>(nil)

    init(_ net: Net, outputs types: [TensorType], computed: Int, constants: Int) {
        self.net = net
        self.types = types
        self.computed = computed
        packedInputs = Array(computed..<computed + constants)
    }

    func infer(_ x: [TensorType]) throws(KingletError) -> [TensorType] { types }

    /// Lets a session give the file's copy of the constants back.
    let packedInputs: [Int]
    func packedBytes(_ x: [TensorType], _ target: Target) -> Int { packedInputs.isEmpty ? 0 : 1 }

    func forward(_ frame: Frame, _ worker: Worker) {
        if worker.index != 0 { return }
        let ran = withUnsafeTemporaryAllocation(of: UnsafeRawPointer.self, capacity: computed) { x in
            for i in 0..<computed { x.initializeElement(at: i, to: UnsafeRawPointer(frame.x[i].base)) }
            return withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer.self, capacity: types.count) { y in
                for i in 0..<types.count { y.initializeElement(at: i, to: frame.y[i].base) }
                guard let x = x.baseAddress, let y = y.baseAddress else { return true }
                return net.run(x, y)
            }
        }
        if !ran { failed.withLock { $0 = net.shim.error() } }
    }

    /// Why a run failed; its results are not to be used then.
    var failure: KingletError? { failed.withLock { $0 } }
}
