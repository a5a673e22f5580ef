"""PNG images by hand: made in every kind, read by zlib alone, and averaged in whole numbers.

Nothing here shares a line with the thumbnailer of `examples/`, whose work it is held against.
"""

from __future__ import annotations

import itertools
import random
import struct
import zlib
from collections.abc import Iterator

MARK = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
KINDS = [
    *((0, depth) for depth in (1, 2, 4, 8, 16)),
    *((3, depth) for depth in (1, 2, 4, 8)),
    *((kind, depth) for kind in (2, 4, 6) for depth in (8, 16)),
]
"""Every colour type of PNG with its depths."""

Pixels = list[list[tuple[int, int, int, int]]]
"""Rows of red, green, blue and alpha, from 0 to 255."""


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk with the sum that belongs to it."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def mended(png: bytes) -> bytes:
    """The same bytes with right sums over their chunks, as far as there are whole ones."""
    found, at = [png[:8]], 8
    while at + 12 <= len(png):
        size = struct.unpack_from(">I", png, at)[0]
        if at + 12 + size > len(png):
            break
        found.append(chunk(png[at + 4 : at + 8], png[at + 8 : at + 8 + size]))
        at += 12 + size
    return b"".join(found) + png[at:]


def made(kind: int, depth: int, width: int, height: int, seed: int) -> tuple[bytes, Pixels]:
    """A PNG of a kind with all five filters in it, and what its pixels are."""
    chance = random.Random(seed)
    most = (1 << depth) - 1
    palette = [tuple(chance.randrange(256) for _ in range(4)) for _ in range(min(most + 1, 256))]
    clear = tuple(chance.randrange(most + 1) for _ in range(CHANNELS[kind]))
    rows, pixels = [], []
    for y in range(height):
        samples = [
            clear
            if chance.random() < 0.1 and kind != 3
            else tuple(chance.randrange((x + y) % most + 1 if most > 1 else 2) for _ in clear)
            for x in range(width)
        ]
        rows.append(packed([value for pixel in samples for value in pixel], depth))
        pixels.append([seen(kind, most, palette, clear, pixel) for pixel in samples])
    extra = b""
    if kind == 3:
        extra = chunk(b"PLTE", b"".join(bytes(colour[:3]) for colour in palette))
        extra += chunk(b"tRNS", bytes(colour[3] for colour in palette))
    elif kind < 3:
        extra = chunk(b"tRNS", struct.pack(f">{len(clear)}H", *clear))
    step = max(CHANNELS[kind] * depth // 8, 1)
    body = zlib.compress(filtered(rows, step), chance.choice((0, 1, 6, 9)))
    half = chance.randrange(len(body))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
    data = chunk(b"IDAT", body[:half]) + chunk(b"IDAT", body[half:])
    return MARK + head + extra + chunk(b"tEXt", b"a\0b") + data + chunk(b"IEND", b""), pixels


def seen(
    kind: int,
    most: int,
    palette: list[tuple[int, ...]],
    clear: tuple[int, ...],
    pixel: tuple[int, ...],
) -> tuple[int, int, int, int]:
    """A pixel's samples as red, green, blue and alpha."""
    if kind == 3:
        red, green, blue, alpha = palette[pixel[0]]
        return red, green, blue, alpha
    values = [(value * 255 + most // 2) // most for value in pixel]
    colour = values[:3] if kind & 2 else values[:1] * 3
    alpha = values[-1] if kind & 4 else 0 if pixel == clear else 255
    return colour[0], colour[1], colour[2], alpha


def packed(values: list[int], depth: int) -> bytes:
    """Samples as a row's bytes."""
    if depth == 16:
        return struct.pack(f">{len(values)}H", *values)
    bits = "".join(f"{value:0{depth}b}" for value in values)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def guess(which: int, left: int, above: int, corner: int) -> int:
    """What a filter takes a byte for, from those around it."""
    if which == 4:
        near = left + above - corner
        return min((left, above, corner), key=lambda value: abs(near - value))
    return (0, left, above, (left + above) // 2)[which]


def filtered(rows: list[bytes], step: int) -> bytes:
    """Rows with one filter after the other."""
    out, above = bytearray(), bytes(len(rows[0]))
    for row, which in zip(rows, itertools.cycle((4, 3, 2, 1, 0)), strict=False):
        out.append(which)
        left, corner = bytes(step) + row, bytes(step) + above
        out += bytes(
            (value - guess(which, *around)) & 255
            for value, *around in zip(row, left, above, corner, strict=False)
        )
        above = row
    return bytes(out)


def read(png: bytes) -> Pixels:
    """The pixels of a PNG of 8 bits that is grey, colour, or colour and alpha."""
    assert png[:8] == MARK
    at, body = 8, b""
    chunks: dict[bytes, bytes] = {}
    while at < len(png):
        size = struct.unpack_from(">I", png, at)[0]
        name, data = png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        assert png[at : at + 12 + size] == chunk(name, data)
        chunks[name] = data
        body += data if name == b"IDAT" else b""
        at += 12 + size
    assert name == b"IEND"
    width, height, depth, kind, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, kind in (0, 2, 6), rest) == (8, True, [0, 0, 0])
    step = CHANNELS[kind]
    return [
        [whole(row[x : x + step]) for x in range(0, width * step, step)]
        for row in unfiltered(zlib.decompress(body), width * step, height, step)
    ]


def whole(sample: bytes) -> tuple[int, int, int, int]:
    """One, three or four bytes as a pixel."""
    red, green, blue = (sample * 3)[:3]
    return red, green, blue, sample[3] if len(sample) == 4 else 255


def unfiltered(data: bytes, size: int, height: int, step: int) -> Iterator[bytes]:
    """The rows of unpacked data."""
    assert len(data) == (size + 1) * height
    above = bytes(size)
    for start in range(0, len(data), size + 1):
        row = bytearray(data[start + 1 : start + 1 + size])
        for i in range(size):
            left, corner = (row[i - step], above[i - step]) if i >= step else (0, 0)
            row[i] = (row[i] + guess(data[start], left, above[i], corner)) & 255
        above = bytes(row)
        yield above


def averaged(pixels: Pixels, width: int, height: int) -> Pixels:
    """Each pixel as the mean of its area, weighted by alpha and rounded to the nearest."""
    across, down = shares(len(pixels[0]), width), shares(len(pixels), height)
    area = len(pixels) * len(pixels[0])
    return [
        [
            mean(
                [(pixels[y][x], high * wide) for y, high in vertical for x, wide in horizontal],
                area,
            )
            for horizontal in across
        ]
        for vertical in down
    ]


def shares(size: int, parts: int) -> list[list[tuple[int, int]]]:
    """Which places a part consists of, and how much of each, in parts of a place."""
    return [
        [
            (place, min((place + 1) * parts, (part + 1) * size) - max(place * parts, part * size))
            for place in range(part * size // parts, -(-(part + 1) * size // parts))
        ]
        for part in range(parts)
    ]


def mean(
    weighted: list[tuple[tuple[int, int, int, int], int]], area: int
) -> tuple[int, int, int, int]:
    """The mean of pixels with their weights."""
    alpha = sum(pixel[3] * weight for pixel, weight in weighted)
    if not alpha:
        return 0, 0, 0, 0
    red, green, blue = (
        (sum(pixel[i] * pixel[3] * weight for pixel, weight in weighted) + alpha // 2) // alpha
        for i in range(3)
    )
    return red, green, blue, (alpha + area // 2) // area
