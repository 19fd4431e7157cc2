import Engine

/// Changes images a little so that a model errs. Everything is in pixel units, 0 … 255.
public protocol Attack: AnyObject {
    /// How far the result may lie from the image, in the attack's norm. A ramp may change it between calls.
    var epsilon: Float { get set }
    /// Working memory.
    var bytes: Int { get }
    /// Writes an adversarial image for each row of `batch`. Allocates nothing.
    func perturb(_ batch: AttackBatch, to adversarial: UnsafeMutablePointer<Float>, model: any AttackedModel)
}

/// As many images as the model takes per call.
public struct AttackBatch {
    /// Pixels [batch, pixels].
    public let x: UnsafePointer<Float>
    /// [batch]: what the images show, or what a targeted attack shall have them taken for. Rows with -1 are copied.
    public let labels: UnsafePointer<Int32>
    /// [batch]: the images' numbers. The noise of an image depends on its number and on `seed`, not on its batch.
    public let images: UnsafePointer<UInt64>
    public let seed: UInt64

    public init(
        x: UnsafePointer<Float>, labels: UnsafePointer<Int32>, images: UnsafePointer<UInt64>, seed: UInt64
    ) {
        (self.x, self.labels, self.images, self.seed) = (x, labels, images, seed)
    }

    /// The noise of row n in one of at most 1,024 restarts.
    func noise(_ n: Int, _ restart: Int) -> Random {
        Random(seed: seed, stream: images[n] &* 1024 &+ UInt64(restart))
    }
}

/// What an attack follows uphill.
public enum Objective: Sendable, Equatable {
    case crossEntropy
    /// `MarginLoss`.
    case margin
    /// KL(p(x) ‖ p(x′)), which needs no label (Zhang et al. 2019).
    case divergence
}

/// One image and its ball.
struct Ball {
    let x: UnsafePointer<Float>
    let pixels: Int
    let norm: Norm
    let epsilon: Float

    /// x′ becomes the nearest image inside the ball and inside 0 … 255.
    func project(_ adversarial: UnsafeMutablePointer<Float>) {
        switch norm {
        case .max:
            for i in 0..<pixels {
                let (low, high) = (max(x[i] - epsilon, 0), min(x[i] + epsilon, 255))
                adversarial[i] = min(max(adversarial[i], low), high)
            }
        case .euclidean:
            var sum = 0.0
            for i in 0..<pixels {
                let d = Double(adversarial[i] - x[i])
                sum += d * d
            }
            let norm = sum.squareRoot()
            let scale = norm > Double(epsilon) ? Float(Double(epsilon) / norm) : 1
            for i in 0..<pixels { adversarial[i] = clip(x[i] + (adversarial[i] - x[i]) * scale) }
        }
    }

    /// x′ becomes an image of whole numbers inside the ball. L∞: the nearest such. L2: the perturbation is rounded, and
    /// shrunk before it is rounded if that went outside. Where the ball holds no whole number, x stays.
    func round(_ adversarial: UnsafeMutablePointer<Float>) {
        switch norm {
        case .max:
            for i in 0..<pixels {
                let (low, high) = ((x[i] - epsilon).rounded(.up), (x[i] + epsilon).rounded(.down))
                let whole = min(max(adversarial[i].rounded(), max(low, 0)), min(high, 255))
                adversarial[i] = low <= high ? whole : x[i]
            }
        case .euclidean:
            var (inside, outside) = (Float(0), Float(1))
            if fits(adversarial, 1) { inside = 1 }
            for _ in 0..<12 where inside < 1 {
                let scale = (inside + outside) / 2
                if fits(adversarial, scale) { inside = scale } else { outside = scale }
            }
            let usable = fits(adversarial, inside)
            for i in 0..<pixels { adversarial[i] = usable ? whole(adversarial, inside, i) : x[i] }
        }
    }

    @inline(__always)
    private func whole(_ adversarial: UnsafeMutablePointer<Float>, _ scale: Float, _ i: Int) -> Float {
        clip((x[i] + (adversarial[i] - x[i]) * scale).rounded())
    }

    private func fits(_ adversarial: UnsafeMutablePointer<Float>, _ scale: Float) -> Bool {
        var sum = 0.0
        for i in 0..<pixels {
            let d = Double(whole(adversarial, scale, i) - x[i])
            sum += d * d
        }
        return sum <= Double(epsilon) * Double(epsilon)
    }
}

@inline(__always)
func clip(_ pixel: Float) -> Float { min(max(pixel, 0), 255) }

@inline(__always)
func sign(_ g: Float) -> Float { g > 0 ? 1 : g < 0 ? -1 : 0 }

/// √Σ v², summed in order.
func length(_ v: UnsafePointer<Float>, _ count: Int) -> Double {
    var sum = 0.0
    for i in 0..<count { sum += Double(v[i]) * Double(v[i]) }
    return sum.squareRoot()
}
