/// x, w and, with `bias`, b as stored: [N, H, W, C], [O, kH, kW, I], [O].
private func types(_ x: [Int], _ w: [Int], bias: Bool = true) -> [TensorType] {
    [TensorType(.f32, x), TensorType(.f32, w)] + (bias ? [TensorType(.f32, [w[0]])] : [])
}

let convCases: [OpCase] = [
    OpCase("pointwise", types([1, 7, 5, 19], [37, 1, 1, 19])),
    OpCase("pointwise, no bias, batch", types([3, 4, 4, 16], [32, 1, 1, 16], bias: false)),
    OpCase("pointwise, stride", types([1, 7, 8, 6], [5, 1, 1, 6]), ["strides": .ints([2, 3])]),
    OpCase("one pixel", types([1, 1, 1, 65], [70, 1, 1, 65])),
    OpCase("3 × 3", types([2, 6, 5, 4], [8, 3, 3, 4]), ["pads": .ints([1, 1, 1, 1])]),
    OpCase("3 × 3, no padding", types([1, 6, 7, 5], [9, 3, 3, 5])),
    OpCase("3 × 3, even", types([3, 8, 10, 16], [21, 3, 3, 16]), ["pads": .ints([1, 1, 1, 1])]),
    OpCase("3 × 3, odd", types([2, 8, 9, 11], [40, 3, 3, 11]), ["pads": .ints([0, 2, 1, 0])]),
    OpCase("3 × 3, many channels", types([1, 8, 8, 200], [70, 3, 3, 200]), ["pads": .ints([1, 1, 1, 1])]),
    OpCase(
        "first layer", types([1, 11, 12, 3], [24, 3, 3, 3]), ["strides": .ints([2, 2]), "pads": .ints([0, 0, 1, 1])]),
    OpCase(
        "stride, asymmetric pads", types([2, 7, 9, 5], [33, 3, 5, 5]),
        ["strides": .ints([2, 1]), "pads": .ints([2, 0, 1, 3])]),
    OpCase(
        "dilation", types([1, 9, 10, 4], [7, 3, 2, 4]), ["dilations": .ints([2, 3]), "pads": .ints([1, 2, 3, 1])]),
    OpCase(
        "SAME_UPPER", types([1, 8, 9, 3], [6, 3, 4, 3]), ["strides": .ints([2, 2]), "auto_pad": .string("SAME_UPPER")]),
    OpCase(
        "SAME_LOWER", types([1, 8, 9, 3], [6, 4, 2, 3]), ["strides": .ints([3, 1]), "auto_pad": .string("SAME_LOWER")]),
    OpCase("VALID", types([1, 8, 9, 3], [6, 3, 4, 3]), ["strides": .ints([2, 2]), "auto_pad": .string("VALID")]),
    OpCase("pads wider than the image", types([1, 2, 2, 3], [4, 3, 3, 3]), ["pads": .ints([4, 5, 3, 4])]),
    OpCase("stride skips the end", types([1, 6, 6, 3], [4, 1, 1, 3]), ["strides": .ints([4, 5])]),
    OpCase("groups", types([2, 5, 6, 12], [15, 3, 3, 4]), ["group": .int(3), "pads": .ints([1, 1, 1, 1])]),
    OpCase("groups, dilation", types([1, 9, 7, 8], [6, 3, 2, 4]), ["group": .int(2), "dilations": .ints([3, 2])]),
    OpCase("depthwise", types([2, 6, 7, 21], [21, 3, 3, 1]), ["group": .int(21), "pads": .ints([1, 1, 1, 1])]),
    OpCase(
        "depthwise, stride 2", types([1, 9, 8, 40], [40, 3, 3, 1]),
        ["group": .int(40), "strides": .ints([2, 2]), "pads": .ints([0, 0, 1, 1])]),
    OpCase(
        "depthwise 5 × 3, dilation", types([1, 11, 12, 16], [16, 5, 3, 1], bias: false),
        ["group": .int(16), "dilations": .ints([2, 3]), "pads": .ints([3, 2, 4, 1])]),
    OpCase("depthwise, whole image", types([1, 4, 4, 35], [35, 4, 4, 1]), ["group": .int(35)]),
    OpCase(
        "depthwise, multiplier 2", types([1, 5, 5, 6], [12, 3, 3, 1]), ["group": .int(6), "pads": .ints([1, 1, 1, 1])]),
    OpCase("sequence", types([2, 20, 6], [10, 5, 6]), ["strides": .ints([2]), "pads": .ints([1, 2])]),
    OpCase("sequence, depthwise", types([1, 20, 18], [18, 3, 1]), ["group": .int(18), "pads": .ints([1, 1])]),
]
