"""Prepares an executable for Sources/CMicro/pack/start.c, which unfolds it in memory: writes packed.h, code.lzma and model into a folder.

    python cross/pack.py executable folder [model]

`model`, a file whose bytes the executable holds, is left as it is: LZMA would take long to save little.
"""
import lzma, struct, sys

path, folder = sys.argv[1:3]
data = open(path, "rb").read()
wide = data[4] == 2
head = "<16xHHIQQQIHHHHHH" if wide else "<16xHHIIIIIHHHHHH"
_, _, _, entry, table, _, _, _, entry_bytes, count, *_ = struct.unpack_from(head, data)
segments, image = [], bytearray()
for i in range(count):
    at = table + i * entry_bytes
    if wide:
        kind, flags, offset, address, _, stored, size, _ = struct.unpack_from("<IIQQQQQQ", data, at)
    else:
        kind, offset, address, _, stored, size, flags, _ = struct.unpack_from("<IIIIIIII", data, at)
    if kind != 1:
        continue
    base = address if not segments else base
    image.extend(bytes(address - base - len(image)))
    image.extend(data[offset:offset + stored])
    segments.append((address, size, flags))
assert data[:4] == bytes(image[:4]) == b"\x7fELF", f"{path}: not an executable whose first segment begins with its header"

model = open(sys.argv[3], "rb").read() if len(sys.argv) > 3 else b""
hole = image.find(model) if model else len(image)
assert hole >= 0, f"{path} does not hold {sys.argv[3]}"
code = bytes(image[:hole] + image[hole + len(model):])
settings = [{"id": lzma.FILTER_LZMA1, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 24, "lc": 3, "lp": 0, "pb": 2}]
folded = lzma.compress(code, format=lzma.FORMAT_RAW, filters=settings)
open(f"{folder}/code.lzma", "wb").write(folded)
open(f"{folder}/model", "wb").write(model)
with open(f"{folder}/packed.h", "w") as out:
    out.write(f"#define BASE {base}ul\n#define ENTRY {entry}ul\n#define HEADERS {base + table}ul\n#define HEADER_COUNT {count}\n")
    out.write(f"#define SPAN {segments[-1][0] + segments[-1][1] - base}ul\n#define CODE_BYTES {len(code)}ul\n#define HOLE {hole}ul\n")
    out.write("#define SEGMENTS " + ", ".join(f"{{{a}ul, {b}ul, {(f & 4) >> 2 | f & 2 | (f & 1) << 2}}}" for a, b, f in segments) + "\n")
