import Engine
import Tasks
import Testing

@Suite struct NpyTests {
    static let types: [TensorType] = [
        TensorType(.f32, [2, 3]), TensorType(.u8, [5]), TensorType(.i8, []), TensorType(.i64, [0, 4]),
        TensorType(.f64, [1, 1, 2]), TensorType(.bool, [3]), TensorType(.i32, [4]),
    ]

    @Test func whatIsWrittenIsReadBack() throws {
        for type in Self.types {
            let values = (0..<type.bytes).map { UInt8($0 & 1) }
            let file = try Storage(bytes: 512)
            let bytes = values.withUnsafeBytes { Npy.bytes(type, $0.baseAddress ?? UnsafeRawPointer(file.base)) }
            #expect(bytes.count % 64 == type.bytes % 64)
            let tensor = try Npy.tensor(storage(bytes))
            #expect(tensor.type == type)
            let back = (0..<type.bytes).map { tensor.base.load(fromByteOffset: $0, as: UInt8.self) }
            #expect(back == values, "\(type.description)")
        }
    }

    @Test func badFilesAreErrors() throws {
        let good = [Float](repeating: 0, count: 6).withUnsafeBytes {
            Npy.bytes(TensorType(.f32, [2, 3]), $0.baseAddress!)
        }
        for length in [0, 3, 9, 11, 60, good.count - 1] {
            #expect(throws: KingletError.self, "\(length) bytes") {
                try Npy.tensor(storage(Array(good.prefix(length))))
            }
        }
        for header in [
            "{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }",
            "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }",
            "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "{'descr': '<f4', 'shape': (1,)}", "",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1, x), }",
        ] {
            #expect(throws: KingletError.self, "\(header)") { try Npy.parse(header) }
        }
    }

    @Test func absurdShapesAreErrors() throws {
        let values: [UInt8] = [0]
        for shape in [[-1], [1 << 40, 1 << 40], [1 << 31, 2]] {
            let bytes = values.withUnsafeBytes { Npy.bytes(TensorType(.u8, [1]), $0.baseAddress!) }
            let text = String(decoding: bytes.dropFirst(10), as: UTF8.self)
            let list = shape.map(String.init).joined(separator: ", ")
            let header = Array(text.utf8.prefix { $0 != UInt8(ascii: "(") }) + Array("(\(list)), }\n".utf8)
            let file = Npy.magic + [1, 0, UInt8(header.count), 0] + header + [0]
            #expect(throws: KingletError.self, "\(shape)") { try Npy.tensor(storage(file)) }
        }
    }

    private func storage(_ bytes: [UInt8]) throws -> Storage {
        let storage = try Storage(bytes: bytes.count)
        bytes.withUnsafeBytes {
            storage.base.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(storage.base), byteCount: bytes.count)
        }
        return storage
    }
}
