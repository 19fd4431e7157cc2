"""Prints the table of Tests/VisionTests/ResampleTests.swift: checksums of what Pillow makes of noise.

Newer Pillows take the columns first in some cases, mostly of tall pictures; those differ by a level and are not here.
"""
import numpy as np
from PIL import Image


def noise(width, height):
    x, values = 1, np.empty(width * height * 3, np.uint8)
    for i in range(values.size):
        x = (x * 1664525 + 1013904223) % 2**32
        values[i] = x >> 24
    return Image.fromarray(values.reshape(height, width, 3))


def checksum(image):
    h = 0xCBF29CE484222325
    for byte in image.tobytes():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


CASES = [
    ((61, 47), (0, 0, 61, 47), (32, 32)), ((61, 47), (0, 0, 61, 47), (224, 100)), ((61, 47), (0, 0, 61, 47), (61, 20)),
    ((61, 47), (0, 0, 61, 47), (13, 47)), ((61, 47), (0, 0, 61, 47), (61, 47)), ((61, 47), (0, 0, 61, 47), (1, 1)),
    ((61, 47), (7, 0, 54, 47), (32, 32)), ((61, 47), (7.5, 3.25, 48.5, 44.25), (16, 24)), ((1, 1), (0, 0, 1, 1), (5, 7)),
    ((200, 3), (0, 0, 200, 3), (7, 9)), ((61, 47), (60, 46, 61, 47), (4, 4)),
    ((61, 47), (10, 10, 42, 42), (32, 32)),
]
for size, box, to in CASES:
    y = noise(*size).resize(to, Image.BILINEAR, box=box)
    b = f"Box(x: {box[0]}, y: {box[1]}, width: {box[2] - box[0]}, height: {box[3] - box[1]})"
    print(f"        (Size{size}, {b}, Size{to}, 0x{checksum(y):016x}),")
