import Engine
import Testing
import Vision

@Suite struct YUVTests {
    /// The formula in double precision, not yet rounded.
    static func reference(_ kr: Double, _ kb: Double, full: Bool, _ y: UInt8, _ cb: UInt8, _ cr: UInt8) -> [Double] {
        let l = full ? Double(y) : (Double(y) - 16) * 255 / 219
        let b = (Double(cb) - 128) * (full ? 1 : 255.0 / 224)
        let r = (Double(cr) - 128) * (full ? 1 : 255.0 / 224)
        let red = l + 2 * (1 - kr) * r
        let blue = l + 2 * (1 - kb) * b
        return [red, (l - kr * red - kb * blue) / (1 - kr - kb), blue]
    }

    static let weights: [(YUV.Encoding, Double, Double)] = [
        (.bt601, 0.299, 0.114), (.bt709, 0.2126, 0.0722), (.bt2020, 0.2627, 0.0593), (.smpte240, 0.212, 0.087),
    ]

    @Test func everyColourIsTheRoundedFormula() {
        for (encoding, kr, kb) in Self.weights {
            for full in [false, true] {
                let colors = YUV(encoding, fullRange: full)
                var (worst, off) = (0.0, 0)
                for y in stride(from: 0, through: 255, by: 3) {
                    for cb in stride(from: 0, through: 255, by: 5) {
                        for cr in stride(from: 0, through: 255, by: 5) {
                            let (y, cb, cr) = (UInt8(y), UInt8(cb), UInt8(cr))
                            let exact = Self.reference(kr, kb, full: full, y, cb, cr)
                            let (r, g, b) = colors.rgb(y, cb, cr)
                            for (x, got) in zip(exact, [r, g, b]) {
                                let clipped = min(max(x, 0), 255)
                                worst = max(worst, abs(clipped - Double(got)))
                                if clipped.rounded() != Double(got) { off += 1 }
                            }
                        }
                    }
                }
                // Where the formula lies within a thousandth of a half, either neighbour is right.
                #expect(worst <= 0.501, "\(encoding) full \(full): \(worst)")
                #expect(off < 2000, "\(encoding) full \(full): \(off) differ")
            }
        }
    }

    @Test func blackWhiteAndGreyStayGrey() {
        for (encoding, _, _) in Self.weights {
            for (full, black, white) in [(false, UInt8(16), UInt8(235)), (true, 0, 255)] {
                let colors = YUV(encoding, fullRange: full)
                #expect(colors.rgb(black, 128, 128) == (0, 0, 0))
                #expect(colors.rgb(white, 128, 128) == (255, 255, 255))
                for y in black...white {
                    let (r, g, b) = colors.rgb(y, 128, 128)
                    #expect(r == g && g == b)
                }
            }
        }
    }

    /// Where brightness and colours of pixel (k, i) lie.
    private func place(_ format: PixelFormat, _ k: Int, _ i: Int, _ stride: Int, _ height: Int) -> [Int] {
        let row = i * stride
        switch format {
        case .yuyv: return [row + 2 * k, row + k / 2 * 4 + 1, row + k / 2 * 4 + 3]
        case .uyvy: return [row + 2 * k + 1, row + k / 2 * 4, row + k / 2 * 4 + 2]
        case .nv12:
            let colour = (height + i / 2) * stride + k / 2 * 2
            return [row + k, colour, colour + 1]
        case .rgb: return [row + 3 * k, row + 3 * k + 1, row + 3 * k + 2]
        case .bgr: return [row + 3 * k + 2, row + 3 * k + 1, row + 3 * k]
        case .grey: return [row + k]
        }
    }

    @Test func picturesAreReadPixelByPixelWhateverTheirRows() throws {
        for format in PixelFormat.allCases {
            for (width, height, gap) in [(8, 4, 0), (7, 5, 0), (9, 3, 13), (1, 1, 0), (2, 1, 5)] {
                var dice = Dice(UInt64(width * 100 + height))
                let row =
                    [PixelFormat.yuyv, .uyvy].contains(format)
                    ? (width + 1) / 2 * 4
                    : format == .nv12 ? (width + 1) / 2 * 2 : format == .grey ? width : 3 * width
                let (stride, rows) = (row + gap, format == .nv12 ? height + (height + 1) / 2 : height)
                // The last gap is not there.
                let bytes = dice.bytes(stride * rows - gap)
                let colors = YUV(.bt601, fullRange: width % 2 == 0)
                let image = try bytes.withUnsafeBytes { raw in
                    try RawPicture(format, Size(width, height), stride: gap == 0 ? 0 : stride, colors, raw).image()
                }
                var wrong = 0
                for i in 0..<height {
                    for k in 0..<width {
                        let x = place(format, k, i, stride, height).map { bytes[$0] }
                        let wanted: [UInt8] =
                            switch format {
                            case .rgb, .bgr: x
                            case .grey: [UInt8](repeating: colors.rgb(x[0], 128, 128).0, count: 3)
                            default:
                                {
                                    let (r, g, b) = colors.rgb(x[0], x[1], x[2])
                                    return [r, g, b]
                                }()
                            }
                        let at = 3 * (i * width + k)
                        if wanted != [image.u8[at], image.u8[at + 1], image.u8[at + 2]] { wrong += 1 }
                    }
                }
                #expect(wrong == 0, "\(format.rawValue) \(width)x\(height) gap \(gap)")
                #expect(throws: KingletError.self) {
                    try bytes.dropLast().withUnsafeBytes { raw in
                        try RawPicture(format, Size(width, height), stride: stride, colors, raw)
                    }
                }
            }
        }
    }

    @Test func absurdSizesAndRowsAreErrors() {
        let bytes: [UInt8] = [0, 0, 0, 0]
        for (width, height, stride) in [
            (0, 1, 4), (1, 0, 4), (-1, 1, 4), (2, 1, 3), (2, 1, -4), (1 << 40, 1, 0), (2, 1 << 40, 0),
        ] {
            #expect(throws: KingletError.self, "\(width)x\(height) in \(stride)") {
                try bytes.withUnsafeBytes { raw in
                    try RawPicture(.yuyv, Size(width, height), stride: stride, YUV(), raw)
                }
            }
        }
    }
}
