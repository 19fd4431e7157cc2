/// A font of capitals, digits and a few signs, 5 × 7 dots each.
enum Glyphs {
    static let width = 6
    static let height = 8

    private static let signs = Array(" %&'()+,-./0123456789:=?ABCDEFGHIJKLMNOPQRSTUVWXYZ_".utf8)
    /// Dots in rows from the top left, the first in the lowest bit.
    private static let dots: [UInt64] = [
        0x0_0000_0000, 0x6_7222_2273, 0x5_9351_1526, 0x0_0000_0884, 0x2_0821_0888, 0x0_8884_2082, 0x0_084F_9080,
        0x0_8860_0000, 0x0_0007_8000, 0x1_8C00_0000, 0x0_4222_2210, 0x3_A33A_E62E, 0x3_8842_10C4, 0x7_C226_422E,
        0x3_E107_420F, 0x2_11F4_A988, 0x3_A308_3C3F, 0x3_A317_842E, 0x1_0844_221F, 0x3_A317_462E, 0x3_A10F_462E,
        0x0_0C60_18C0, 0x0_01F0_7C00, 0x1_0044_422E, 0x4_631F_C62E, 0x3_E317_C62F, 0x3_A210_862E, 0x3_E318_C62F,
        0x7_C217_843F, 0x0_4217_843F, 0x7_A31E_862E, 0x4_631F_C631, 0x3_8842_108E, 0x1_9284_211C, 0x4_5251_9531,
        0x7_C210_8421, 0x4_631A_D771, 0x4_739A_CE71, 0x3_A318_C62E, 0x0_4217_C62F, 0x5_9358_C62E, 0x4_5257_C62F,
        0x3_E107_043E, 0x1_0842_109F, 0x3_A318_C631, 0x1_14A8_C631, 0x4_775A_C631, 0x4_62A2_2A31, 0x1_0842_2A31,
        0x7_C222_221F, 0x7_C000_0000,
    ]

    /// Whether the dot at (x, y) of a sign is set. Small letters look like capitals, what is missing like ?.
    static func isSet(_ sign: UInt8, _ x: Int, _ y: Int) -> Bool {
        guard x < 5, y < 7 else { return false }
        let capital = sign >= UInt8(ascii: "a") && sign <= UInt8(ascii: "z") ? sign - 32 : sign
        let i = signs.firstIndex(of: capital) ?? signs.firstIndex(of: UInt8(ascii: "?")) ?? 0
        return dots[i] >> UInt64(5 * y + x) & 1 == 1
    }
}
