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
}
