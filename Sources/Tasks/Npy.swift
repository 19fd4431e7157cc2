import CSystem
import Engine

/// NumPy's `.npy` files: a header with element type and shape, then the elements in C order.
public enum Npy {
    package static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

    public static func read(_ path: String, limit: UInt64 = 2 << 30) throws(KingletError) -> Tensor {
        let file = try Storage(file: path, limit: limit)
        do { return try tensor(file) } catch { throw error.at("file \(path)") }
    }

    /// The tensor in the bytes of a file, without copying.
    package static func tensor(_ file: Storage) throws(KingletError) -> Tensor {
        let bytes = UnsafeRawBufferPointer(start: file.base, count: file.bytes)
        try require(bytes.count >= 12 && bytes.prefix(6).elementsEqual(magic), .badFile, "not a .npy file")
        let version = bytes[6]
        try require(version >= 1 && version <= 3, .unsupported, "version \(version) of .npy: Kinglet reads 1 to 3")
        let start = version == 1 ? 10 : 12
        var size = Int(bytes[8]) | Int(bytes[9]) << 8
        if version > 1 { size |= Int(bytes[10]) << 16 | Int(bytes[11]) << 24 }
        try require(size <= 1 << 16 && start + size <= bytes.count, .badFile, "the .npy header is cut short")
        let header = String(decoding: bytes[start..<start + size], as: UTF8.self)
        let type = try parse(header)
        let count = try checkedCount(type.shape)
        let wanted = count * type.dtype.bytes
        let found = bytes.count - start - size
        try require(found == wanted, .badFile, "\(type.description) needs \(wanted) bytes, the file has \(found)")
        return Tensor(type, in: file, at: start + size)
    }

    /// `{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }`
    package static func parse(_ header: String) throws(KingletError) -> TensorType {
        func after(_ key: String) throws(KingletError) -> Substring {
            let quoted = Array("'\(key)'".utf8)
            let text = header.utf8
            var i = text.startIndex
            while i != text.endIndex {
                if text[i...].starts(with: quoted) {
                    let rest = header[text.index(i, offsetBy: quoted.count)...]
                    if let colon = rest.firstIndex(of: ":") {
                        return rest[rest.index(after: colon)...].drop { $0 == " " }
                    }
                }
                i = text.index(after: i)
            }
            throw KingletError(.badFile, "the .npy header lacks '\(key)'")
        }
        let descr = try after("descr").dropFirst().prefix { $0 != "'" }
        guard let dtype = dtypes.first(where: { $0.0.dropFirst() == descr.dropFirst() })?.1,
            descr.first != ">" || dtype.bytes == 1
        else {
            throw KingletError(
                .unsupported,
                "element type '\(descr)' in a .npy file: Kinglet reads float32, float64, uint8, int8, int32, int64, bool"
            )
        }
        try require(
            try after("fortran_order").hasPrefix("False"), .unsupported,
            "a .npy file in Fortran order: save it with numpy.ascontiguousarray")
        let list = try after("shape").drop { $0 != "(" }.dropFirst().prefix { $0 != ")" }
        var shape: [Int] = []
        for part in list.split(separator: ",") {
            let digits = part.drop { $0 == " " }
            if digits.isEmpty { continue }
            guard let size = Int(digits) else {
                throw KingletError(.badFile, "the .npy shape (\(list)) is no list of sizes")
            }
            shape.append(size)
        }
        return TensorType(dtype, shape)
    }

    private static let dtypes: [(String, DType)] = [
        ("<f4", .f32), ("<f8", .f64), ("|u1", .u8), ("|i1", .i8), ("<i4", .i32), ("<i8", .i64), ("|b1", .bool),
    ]

    /// The bytes of a version 1 file.
    package static func bytes(_ type: TensorType, _ base: UnsafeRawPointer) -> [UInt8] {
        let descr = dtypes.first { $0.1 == type.dtype }?.0 ?? "<f4"
        var sizes = ""
        for (i, size) in type.shape.enumerated() { sizes += (i == 0 ? "" : ", ") + String(size) }
        if type.rank == 1 { sizes += "," }
        var header = "{'descr': '\(descr)', 'fortran_order': False, 'shape': (\(sizes)), }"
        // The elements start at a multiple of 64 bytes.
        while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
        header += "\n"
        let size = header.utf8.count
        var out = magic + [1, 0, UInt8(size & 255), UInt8(size >> 8)] + Array(header.utf8)
        out.append(contentsOf: UnsafeRawBufferPointer(start: base, count: type.bytes))
        return out
    }

    public static func write(_ type: TensorType, _ base: UnsafeRawPointer, to path: String) throws(KingletError) {
        try writeFile(bytes(type, base), to: path)
    }
}

/// Writes a file whole or not at all.
public func writeFile(_ bytes: [UInt8], to path: String) throws(KingletError) {
    let status = bytes.withUnsafeBytes { raw in
        path.withCString { ks_write_file($0, raw.baseAddress ?? UnsafeRawPointer($0), raw.count) }
    }
    try require(status == 0, .resource, "cannot write '\(path)': \(String(cString: ks_error(status)))")
}
