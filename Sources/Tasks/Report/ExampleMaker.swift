import Training
import Vision

/// Makes example pictures for a page: the very images that an evaluation with the same seed met.
struct ExampleMaker {
    let model: any AttackedModel
    let attack: any Attack
    let source: any ImageSource
    let seed: UInt64
    let layout: Layout
    let labels: [String]

    /// At most `count` pictures of the first of `groups` that has any left, those of different classes before others.
    func choose(_ groups: [[Int]], _ count: Int) -> [Int] {
        var chosen: [Int] = []
        for group in groups where chosen.count < count {
            var seen: Set<Int32> = []
            let first = group.filter { !chosen.contains($0) && seen.insert(source.label($0)).inserted }
            chosen += first.prefix(count)
            chosen += group.filter { !chosen.contains($0) }.prefix(count)
        }
        return Array(chosen.prefix(count))
    }

    /// Each of `pictures` before and after the attack, with what the model, called `name`, says.
    func examples(_ pictures: [Int], as name: String) -> [Report.Example] {
        stride(from: 0, to: pictures.count, by: model.batch).flatMap { first in
            batch(Array(pictures[first..<min(first + model.batch, pictures.count)]), name)
        }
    }

    private func batch(_ pictures: [Int], _ name: String) -> [Report.Example] {
        let (rows, pixels) = (model.batch, model.pixels)
        var x = [Float](repeating: 0, count: rows * pixels)
        var shown = [Int32](repeating: -1, count: rows)
        var numbers = [UInt64](repeating: 0, count: rows)
        x.withUnsafeMutableBufferPointer { x in
            guard let x = x.baseAddress else { return }
            for (n, i) in pictures.enumerated() {
                source.copy(i, to: x + n * pixels)
                (shown[n], numbers[n]) = (source.label(i), UInt64(i))
            }
        }
        var y = x
        y.withUnsafeMutableBufferPointer { y in
            x.withUnsafeBufferPointer { x in
                shown.withUnsafeBufferPointer { shown in
                    numbers.withUnsafeBufferPointer { numbers in
                        guard let to = y.baseAddress, let x = x.baseAddress, let shown = shown.baseAddress,
                            let numbers = numbers.baseAddress
                        else { return }
                        let batch = AttackBatch(x: x, labels: shown, images: numbers, seed: seed)
                        attack.perturb(batch, to: to, model: model)
                    }
                }
            }
        }
        let (before, after) = (answers(x), answers(y))
        func bytes(_ list: [Float], _ n: Int) -> [UInt8] {
            list[n * pixels..<(n + 1) * pixels].map { UInt8($0.rounded()) }
        }
        return pictures.indices.map { n in
            Report.Example(
                width: layout.size.width, height: layout.size.height, channels: layout.channels, original: bytes(x, n),
                adversarial: bytes(y, n), label: self.name(Int(shown[n])),
                answers: [Report.Answer(model: name, original: before[n], adversarial: after[n])])
        }
    }

    /// What the model says of each row, with its probability.
    private func answers(_ x: [Float]) -> [(label: String, probability: Double)] {
        let classes = model.classes
        let z = model.logits(x)
        var p = [Float](repeating: 0, count: classes)
        return (0..<model.batch).map { n in
            let best = max(largest(z + n * classes, classes), 0)
            softmax(z + n * classes, classes, to: &p)
            return (name(best), Double(p[best]))
        }
    }

    private func name(_ c: Int) -> String { c < labels.count ? labels[c] : "\(c)" }
}
