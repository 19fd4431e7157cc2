import CJPEG
import Engine

extension JPEG {
    /// A baseline JPEG of `image`; quality 1 … 100, from 90 on with colour at full resolution.
    public static func encode(_ image: Image, quality: Int = 90) throws(KingletError) -> [UInt8] {
        var file: UnsafeMutablePointer<UInt8>?
        var count = 0
        try call { message in
            kj_encode(image.u8, Int32(image.width), Int32(image.height), Int32(quality), &file, &count, message)
        }
        defer { kj_free(file) }
        return Array(UnsafeBufferPointer(start: file, count: count))
    }

    /// Pixels [height, width, 3] as they are after being stored with `quality`.
    static func recode(_ pixels: UnsafeMutablePointer<UInt8>, _ size: Size, quality: Int) {
        var file: UnsafeMutablePointer<UInt8>?
        var count = 0
        let (width, height) = (Int32(size.width), Int32(size.height))
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(KJ_MESSAGE)) { message in
            guard let message = message.baseAddress,
                kj_encode(pixels, width, height, Int32(quality), &file, &count, message) == KJ_OK, let file
            else { return }
            var limits = kj_limits(bytes: 256 << 20, scans: 1, milliseconds: 60_000)
            var area = kj_region(scale: 8, x: 0, y: 0, width: width, height: height)
            _ = kj_decode(file, count, &limits, &area, pixels, message)
            kj_free(file)
        }
    }
}
