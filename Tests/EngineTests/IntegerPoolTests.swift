import Engine
import Testing

@Test func integerPoolsAreTheirFormulas() throws {
    var noise = IntegerNoise(4)
    let (qx, qy) = (Quantization(scale: 0.03, zero: -5), Quantization(scale: 0.02, zero: 3))
    let x = try noise.int8([2, 7, 6, 21])
    let attributes = Attributes(["kernel_shape": .ints([3, 2]), "strides": .ints([2, 1]), "pads": .ints([1, 0, 1, 1])])
    let window = try Window(attributes)
    let g = try ConvGeometry(window, x.type)
    var (average, most): ([Float], [Float]) = ([], [])
    for n in 0..<2 {
        for oy in 0..<g.oh {
            for ox in 0..<g.ow {
                for c in 0..<21 {
                    var inside: [Int] = []
                    for i in 0..<3 {
                        for j in 0..<2 {
                            let (row, column) = (oy * 2 + i - 1, ox + j)
                            if row >= 0 && row < 7 && column < 6 { inside.append(x.int(((n * 7 + row) * 6 + column) * 21 + c)) }
                        }
                    }
                    let sum = inside.reduce(0, +) + 5 * inside.count
                    let q = (Float(sum) * (0.03 / (0.02 * Float(inside.count)))).rounded(.toNearestOrEven) + 3
                    average.append(min(max(q, -128), 127))
                    most.append(Float(inside.max() ?? -128))
                }
            }
        }
    }
    var whole: [Float] = []
    for n in 0..<2 {
        for c in 0..<21 {
            let sum = (0..<42).reduce(0) { $0 + x.int((n * 42 + $1) * 21 + c) + 5 }
            let q = (Float(sum) * (0.03 / (0.02 * 42))).rounded(.toNearestOrEven) + 3
            whole.append(min(max(q, -128), 127))
        }
    }
    let output = IntegerOutput(qy)
    for (name, op, wanted) in [
        ("AveragePool", IntegerAveragePool(window, countsPadding: false, qx, qy, output: output) as any Op, average),
        ("MaxPool", MaxPool(window), most),
        ("GlobalAveragePool", IntegerGlobalAveragePool(qx, qy, output: output), whole),
    ] {
        for target in targets {
            let y = try outputs(try graph(op, [x]), [x], target)[0]
            #expect(y.floats == wanted, "\(name), \(target.kernels.isa.name), \(target.workers) threads")
        }
    }
}
