import Engine

/// Which of a camera's formats and sizes to ask for.
enum CameraChoice {
    /// Formats in the order in which they are preferred at the same size.
    static let formats = ["YUYV", "UYVY", "NV12", "RGB3", "BGR3", "MJPG", "JPEG", "GREY"].map { FourCC($0) }
    /// What to try of a range of sizes, or where a driver does not tell its sizes.
    static let sizes = [
        (160, 120), (176, 144), (320, 180), (320, 240), (352, 288), (424, 240), (640, 360), (640, 480), (800, 600),
        (960, 540), (1024, 768), (1280, 720), (1280, 960), (1600, 1200), (1920, 1080), (2560, 1440), (3840, 2160),
    ].map { Size($0.0, $0.1) }

    struct Offer: Equatable {
        let format: FourCC
        let size: Size
    }

    /// Best first: the smallest size that is `enough`, else the largest; of those that are fast enough, if any is.
    static func order(
        _ device: any CameraDevice, _ address: CameraAddress, enough: (Size) -> Bool
    ) throws(KingletError) -> [Offer] {
        let offered = device.formats()
        let readable = formats.filter { f in offered.isEmpty || offered.contains(f) }
        try require(!readable.isEmpty, .device, unreadable(offered))
        let wanted = readable.filter { f in address.format.map { $0 == f } ?? true }
        try require(
            !wanted.isEmpty, .device,
            "the camera does not offer \(address.format?.text ?? ""), but "
                + readable.map { $0.text }.joined(separator: ", "))
        var offers: [Offer] = []
        var ranges: [String] = []
        for format in wanted {
            let sizes = device.sizes(format)
            ranges += sizes.map { format.text + " " + $0.text }
            for size in candidates(sizes, address.size) { offers.append(Offer(format: format, size: size)) }
        }
        try require(
            !offers.isEmpty, .device,
            "the camera does not offer \(address.size?.text ?? "any size"), but " + ranges.joined(separator: ", "))
        if let rate = address.rate {
            let fast = offers.filter { offer in
                device.fastest(offer.format, offer.size).map { $0 >= rate * 0.99 } ?? true
            }
            if !fast.isEmpty { offers = fast }
        }
        func cost(_ offer: Offer) -> (Int, Int, Int) {
            let rank = formats.firstIndex(of: offer.format) ?? formats.count
            return enough(offer.size) ? (0, offer.size.count, rank) : (1, -offer.size.count, rank)
        }
        return offers.sorted { cost($0) < cost($1) }
    }

    private static func candidates(_ ranges: [SizeRange], _ wanted: Size?) -> [Size] {
        if let wanted { return ranges.isEmpty || ranges.contains { $0.holds(wanted) } ? [wanted] : [] }
        if ranges.isEmpty { return sizes }
        var list: [Size] = []
        for range in ranges {
            let inner = range.least == range.most ? [] : sizes.filter { range.holds($0) }
            for size in [range.least] + inner + [range.most] where !list.contains(size) { list.append(size) }
        }
        return list
    }

    private static func unreadable(_ offered: [FourCC]) -> String {
        "the camera delivers \(offered.map { $0.text }.joined(separator: ", ")), of which Kinglet reads none (it reads "
            + formats.map { $0.text }.joined(separator: ", ")
            + "). A raw sensor needs a program that develops its pictures: on a Raspberry Pi, "
            + "'rpicam-vid -t 0 --codec mjpeg -o - | kinglet classify -'"
    }
}
