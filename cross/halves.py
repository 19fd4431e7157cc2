"""Writes a model with weights in 2 bytes, as Sources/CModel/model.c expands it to the same file at load.

    python cross/halves.py model.onnx out
    python cross/halves.py --round model.onnx out     the same model, its float weights rounded to half precision

Only tensors whose every value is a half-precision number are written so; fails (1) and writes nothing if there is none.
out: for each part, the length of what is kept as it is, those bytes, the number of halves, and they; lengths in 4 bytes.
"""
import struct, sys


def fields(data, start, end):
    """Of a protobuf message: (number, first, end) of fields with a length, (number, value, None) of the others."""
    def varint(at):
        value = shift = 0
        while True:
            byte = data[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                return value, at
    while start < end:
        key, start = varint(start)
        kind = key & 7
        if kind == 0:
            value, start = varint(start)
            yield key >> 3, value, None
        elif kind == 2:
            length, start = varint(start)
            yield key >> 3, start, start + length
            start += length
        else:
            start += 8 if kind == 1 else 4


def weights(data):
    """Where the float tensors of a model are: (first, end) of their bytes."""
    for number, first, end in fields(data, 0, len(data)):
        if number != 7 or end is None:
            continue
        for number, first, end in list(fields(data, first, end)):
            if number != 5 or end is None:
                continue
            tensor = {n: (a, b) for n, a, b in fields(data, first, end)}
            if tensor.get(2, (0,))[0] == 1 and tensor.get(9, (0, None))[1]:
                yield tensor[9]


def halves(raw):
    """`raw`, floats, in half precision; None where they are not."""
    try:
        values = struct.unpack(f"<{len(raw) // 4}f", raw)
        short = struct.pack(f"<{len(values)}e", *values)
    except OverflowError:
        return None
    same = struct.pack(f"<{len(values)}f", *struct.unpack(f"<{len(values)}e", short)) == raw
    return short if same and not any(short[i + 1] & 0x7C == 0x7C for i in range(0, len(short), 2)) else None


def rounded(data):
    out = bytearray(data)
    for first, end in weights(data):
        values = struct.unpack(f"<{(end - first) // 4}f", data[first:end])
        out[first:end] = struct.pack(f"<{len(values)}f", *struct.unpack(f"<{len(values)}e", struct.pack(f"<{len(values)}e", *values)))
    return bytes(out)


data = open(sys.argv[-2], "rb").read()
if sys.argv[1] == "--round":
    open(sys.argv[-1], "wb").write(rounded(data))
    sys.exit()
parts, at = [], 0
for first, end in weights(data):
    if not halves(data[first:end]):
        continue
    parts.append(struct.pack("<I", first - at) + data[at:first] + struct.pack("<I", (end - first) // 4) + halves(data[first:end]))
    at = end
if not parts:
    sys.exit(1)
parts.append(struct.pack("<I", len(data) - at) + data[at:] + struct.pack("<I", 0))
open(sys.argv[-1], "wb").write(b"".join(parts))
