"""Prepares an executable for Sources/CMicro/pack/start.c, which unfolds it in memory: writes packed.h, code.lzma and model into a folder.

    python cross/pack.py executable folder [model]

`model`, a file whose bytes the executable holds, is left as it is where that leaves less than 2 MB: LZMA takes long to save little there.
"""
import lzma, struct, sys

LARGE = 1_990_000
AMD64, ARM64 = 62, 183


def fold(data, high, low):
    settings = {"id": lzma.FILTER_LZMA1, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 24, "lc": high, "lp": low, "pb": 2}
    return lzma.compress(data, format=lzma.FORMAT_RAW, filters=[settings])


def branches(code, machine):
    """Calls with where they lead instead of how far that is; Sources/CMicro/pack/branches.h undoes it."""
    code, i = bytearray(code), 0
    last = len(code) - (5 if machine == AMD64 else 4)
    while i <= last:
        word = int.from_bytes(code[i:i + 4], "little")
        if machine == AMD64:
            far = int.from_bytes(code[i + 1:i + 5], "little", signed=True)
            if code[i] in (0xE8, 0xE9) and -(1 << 24) <= far < 1 << 24:
                to = (far + i + (1 << 24)) % (1 << 25) - (1 << 24)
                code[i + 1:i + 5] = to.to_bytes(4, "little", signed=True)
                i += 4
            i += 1
        elif machine == ARM64:
            if word >> 26 == 0x25:
                code[i:i + 4] = (0x25 << 26 | (word + i // 4) % (1 << 26)).to_bytes(4, "little")
            i += 4
        else:
            if word >> 11 & 0x1F == 0x1E and word >> 27 == 0x1F:
                to = ((word & 0x7FF) << 11 | word >> 16 & 0x7FF) + i // 2
                code[i:i + 4] = (0x1E << 11 | to >> 11 & 0x7FF | 0x1F << 27 | (to & 0x7FF) << 16).to_bytes(4, "little")
                i += 2
            i += 2
    return bytes(code)


path, folder = sys.argv[1:3]
data = open(path, "rb").read()
wide = data[4] == 2
head = "<16xHHIQQQIHHHHHH" if wide else "<16xHHIIIIIHHHHHH"
_, machine, _, entry, table, _, _, _, entry_bytes, count, *_ = struct.unpack_from(head, data)
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
folded, kept = fold(branches(code, machine), 3, 0), model
if len(folded) + len(model) > LARGE:
    kept = fold(model, 0, 2)
open(f"{folder}/code.lzma", "wb").write(folded)
open(f"{folder}/model", "wb").write(kept)
with open(f"{folder}/packed.h", "w") as out:
    out.write(f"#define BASE {base}ul\n#define ENTRY {entry}ul\n#define HEADERS {base + table}ul\n#define HEADER_COUNT {count}\n")
    out.write(f"#define SPAN {segments[-1][0] + segments[-1][1] - base}ul\n#define CODE_BYTES {len(code)}ul\n#define HOLE {hole}ul\n")
    out.write(f"#define MODEL_BYTES {len(model)}ul\n")
    out.write("#define SEGMENTS " + ", ".join(f"{{{a}ul, {b}ul, {(f & 4) >> 2 | f & 2 | (f & 1) << 2}}}" for a, b, f in segments) + "\n")
