import Engine
import Training

/// Weights of a session in memory of their own: the best so far.
final class Snapshot {
    private let storage: Storage
    private let places: [Int]
    private let counts: [Int]
    /// Running statistics of normalisations, where they are trained too.
    var running: [Int: [Float]] = [:]

    init(_ session: TrainingSession) throws(KingletError) {
        var (places, total) = ([Int](), 0)
        for p in session.parameters {
            places.append(total)
            total += p.weights.count
        }
        self.places = places
        counts = session.parameters.map { $0.weights.count }
        storage = try Storage(bytes: total * 4)
    }

    var bytes: Int { storage.bytes }

    var floats: UnsafeMutableBufferPointer<Float> {
        UnsafeMutableBufferPointer(
            start: storage.base.assumingMemoryBound(to: Float.self), count: counts.reduce(0, +))
    }

    /// Where the weights of parameter `i` are.
    func weights(_ i: Int) -> UnsafeMutablePointer<Float> {
        storage.base.assumingMemoryBound(to: Float.self) + places[i]
    }

    var all: [UnsafePointer<Float>] { counts.indices.map { UnsafePointer(weights($0)) } }

    func take(from session: TrainingSession) {
        for (i, p) in session.parameters.enumerated() { weights(i).update(from: p.weights.f32, count: counts[i]) }
    }

    /// Makes them the session's weights.
    func put(into session: TrainingSession) {
        for (i, p) in session.parameters.enumerated() { p.weights.f32.update(from: weights(i), count: counts[i]) }
        session.weightsChanged()
    }
}

extension TrainingSession {
    /// The weights of the model file again.
    func putInitialWeights() {
        for p in parameters {
            guard let constant = plan.graph.values[p.value].constant else { continue }
            p.weights.base.copyMemory(from: constant.base, byteCount: constant.type.bytes)
        }
        weightsChanged()
    }

    /// Optimizer state as it was before the first step.
    func clearSlots(_ count: Int) {
        for p in parameters { for slot in p.slots.prefix(count) { slot.update(repeating: 0, count: p.weights.count) } }
    }

    /// Exchanges the weights with slot `k`.
    func swapWeights(withSlot k: Int) {
        for p in parameters {
            let (w, a) = (p.weights.f32, p.slots[k])
            for i in 0..<p.weights.count { (w[i], a[i]) = (a[i], w[i]) }
        }
        weightsChanged()
    }
}
