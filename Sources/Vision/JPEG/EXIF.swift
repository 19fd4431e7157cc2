/// The orientation that a JPEG's EXIF segment states; anything amiss counts as upright.
enum EXIF {
    static func orientation(_ bytes: UnsafeRawBufferPointer) -> Orientation {
        var markers = Markers(bytes)
        while let marker = markers.next(), marker.code != Markers.Code.startOfScan,
            marker.code != Markers.Code.endOfImage
        {
            guard marker.code == Markers.Code.app1, marker.body.count > 14 else { continue }
            let body = UnsafeRawBufferPointer(rebasing: bytes[marker.body])
            if body[0] == 0x45, body[1] == 0x78, body[2] == 0x69, body[3] == 0x66, body[4] == 0 {  // "Exif", 0
                return tag(UnsafeRawBufferPointer(rebasing: body[6...]))
            }
        }
        return .upright
    }

    /// Reads the first directory of a TIFF header, never beyond it.
    private static func tag(_ tiff: UnsafeRawBufferPointer) -> Orientation {
        let big = tiff[0] == 0x4D
        guard tiff[0] == tiff[1], big || tiff[0] == 0x49 else { return .upright }
        func u16(_ i: Int) -> Int { big ? Int(tiff[i]) << 8 | Int(tiff[i + 1]) : Int(tiff[i + 1]) << 8 | Int(tiff[i]) }
        func u32(_ i: Int) -> Int { big ? u16(i) << 16 | u16(i + 2) : u16(i + 2) << 16 | u16(i) }
        // Offsets have 32 bits, and so may Int.
        guard tiff[big ? 4 : 7] < 0x80 else { return .upright }
        let directory = u32(4)
        guard directory >= 8, directory <= tiff.count - 2 else { return .upright }
        let entries = u16(directory)
        guard directory + 2 + 12 * entries <= tiff.count else { return .upright }
        for i in 0..<entries {
            let entry = directory + 2 + 12 * i
            guard u16(entry) == 0x0112 else { continue }
            // One value of type SHORT stands in the first two bytes of the value field.
            guard u16(entry + 2) == 3, u32(entry + 4) == 1 else { return .upright }
            return Orientation(rawValue: u16(entry + 8)) ?? .upright
        }
        return .upright
    }
}
