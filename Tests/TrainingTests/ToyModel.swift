import Engine
import Foundation
import Training

/// z = W₂ tanh(W₁ (x / 128 - 1)) + b, or z = W₂ (x / 128 - 1) + b without a hidden layer; row by row.
final class ToyModel: AttackedModel {
    let batch: Int
    let pixels: Int
    let classes: Int
    let hidden: Int
    var w1: [Float]
    var w2: [Float]
    var b: [Float]
    /// Calls of `gradient`.
    private(set) var gradients = 0
    private let z: UnsafeMutablePointer<Float>
    private let h: UnsafeMutablePointer<Float>
    private let dx: UnsafeMutablePointer<Float>

    init(batch: Int, pixels: Int = 48, classes: Int = 5, hidden: Int = 0, seed: UInt64 = 1, scale: Float = 2) {
        (self.batch, self.pixels, self.classes, self.hidden) = (batch, pixels, classes, hidden)
        var random = Random(seed: seed)
        let inner = hidden > 0 ? hidden : pixels
        w1 = (0..<hidden * pixels).map { _ in random.normal() * scale / Float(pixels).squareRoot() }
        w2 = (0..<classes * inner).map { _ in random.normal() * scale / Float(inner).squareRoot() }
        b = (0..<classes).map { _ in random.normal() * 0.1 }
        z = .allocate(capacity: batch * classes)
        h = .allocate(capacity: batch * max(inner, 1))
        dx = .allocate(capacity: batch * pixels)
    }

    deinit {
        z.deallocate()
        h.deallocate()
        dx.deallocate()
    }

    func logits(_ x: UnsafePointer<Float>) -> UnsafePointer<Float> { forward(x) }

    func forward(_ x: UnsafePointer<Float>) -> UnsafePointer<Float> {
        let inner = hidden > 0 ? hidden : pixels
        for n in 0..<batch {
            for k in 0..<inner {
                if hidden == 0 {
                    h[n * inner + k] = x[n * pixels + k] / 128 - 1
                } else {
                    var sum: Float = 0
                    for i in 0..<pixels { sum += w1[k * pixels + i] * (x[n * pixels + i] / 128 - 1) }
                    h[n * inner + k] = tanhf(sum)
                }
            }
            for j in 0..<classes {
                var sum = b[j]
                for k in 0..<inner { sum += w2[j * inner + k] * h[n * inner + k] }
                z[n * classes + j] = sum
            }
        }
        return UnsafePointer(z)
    }

    func gradient(_ dlogits: UnsafePointer<Float>) -> UnsafePointer<Float> {
        gradients += 1
        let inner = hidden > 0 ? hidden : pixels
        for n in 0..<batch {
            for i in 0..<pixels { dx[n * pixels + i] = 0 }
            for k in 0..<inner {
                var dh: Float = 0
                for j in 0..<classes { dh += dlogits[n * classes + j] * w2[j * inner + k] }
                if hidden == 0 {
                    dx[n * pixels + k] = dh / 128
                } else {
                    let value = h[n * inner + k]
                    dh *= 1 - value * value
                    for i in 0..<pixels { dx[n * pixels + i] += dh * w1[k * pixels + i] / 128 }
                }
            }
        }
        return UnsafePointer(dx)
    }
}

/// Images of whole numbers, labelled with what a model of the same weights takes them for; every 10th has no label.
final class ToyImages: ImageSource {
    let pixels: Int
    let count: Int
    var values: [Float]
    var labels: [Int32] = []

    init(_ count: Int, for model: ToyModel, unlabelled: Bool = true, seed: UInt64 = 5) {
        (self.count, pixels) = (count, model.pixels)
        var random = Random(seed: seed)
        // Some pixels at the ends of the range.
        values = (0..<count * model.pixels).map { _ in Float(min(max(random.below(320) - 32, 0), 255)) }
        for i in 0..<count { labels.append(unlabelled && i % 10 == 9 ? -1 : Int32(predictions(model, values)[i])) }
    }

    func copy(_ i: Int, to row: UnsafeMutablePointer<Float>) { for k in 0..<pixels { row[k] = values[i * pixels + k] } }
    func label(_ i: Int) -> Int32 { labels[i] }
}

/// What `model` takes images for, however many.
func predictions(_ model: ToyModel, _ values: [Float]) -> [Int] {
    let count = values.count / model.pixels
    var list: [Int] = []
    for first in stride(from: 0, to: count, by: model.batch) {
        var rows = [Float](repeating: 0, count: model.batch * model.pixels)
        for i in 0..<min(model.batch, count - first) * model.pixels { rows[i] = values[first * model.pixels + i] }
        let z = model.logits(rows)
        for n in 0..<min(model.batch, count - first) { list.append(largest(z + n * model.classes, model.classes)) }
    }
    return list
}

/// Adversarial images of all of `images`.
func attacked(_ attack: any Attack, _ model: ToyModel, _ images: ToyImages, targets: [Int32]? = nil, seed: UInt64 = 3)
    -> [Float]
{
    let pixels = model.pixels
    var all: [Float] = []
    for first in stride(from: 0, to: images.count, by: model.batch) {
        var x = [Float](repeating: 7, count: model.batch * pixels)
        var labels = [Int32](repeating: -1, count: model.batch)
        var numbers = [UInt64](repeating: 0, count: model.batch)
        let rows = min(model.batch, images.count - first)
        for n in 0..<rows {
            for i in 0..<pixels { x[n * pixels + i] = images.values[(first + n) * pixels + i] }
            labels[n] = (targets ?? images.labels)[first + n]
            numbers[n] = UInt64(first + n)
        }
        var out = [Float](repeating: .nan, count: x.count)
        x.withUnsafeBufferPointer { x in
            labels.withUnsafeBufferPointer { labels in
                numbers.withUnsafeBufferPointer { numbers in
                    let batch = AttackBatch(
                        x: x.baseAddress!, labels: labels.baseAddress!, images: numbers.baseAddress!, seed: seed)
                    attack.perturb(batch, to: &out, model: model)
                }
            }
        }
        all += out[..<(rows * pixels)]
    }
    return all
}

func largestChange(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).map { abs($0 - $1) }.max() ?? 0 }

/// The longest change of any image.
func longestChange(_ a: [Float], _ b: [Float], pixels: Int) -> Double {
    stride(from: 0, to: a.count, by: pixels).map { first in
        (first..<first + pixels).reduce(0) { $0 + pow(Double(a[$1] - b[$1]), 2) }.squareRoot()
    }.max() ?? 0
}
