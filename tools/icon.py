"""Draws the plugin's icon: three stations on a belt, the last piece checked. Usage: python3 tools/icon.py [FILE]"""

import math
import struct
import sys
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

SIZE = 512
GROUND, BELT, PIECE, DONE, MARK = (24, 33, 54), (148, 163, 190), (236, 240, 247), (64, 190, 130), (255, 255, 255)
Distance = Callable[[float, float], float]  # signed distance to a shape's edge in pixels, negative inside
Color = tuple[int, int, int]


def box(x: float, y: float, half_width: float, half_height: float, radius: float) -> Distance:
    """A rounded rectangle, from its center and half extents."""

    def distance(px: float, py: float) -> float:
        dx, dy = abs(px - x) - half_width + radius, abs(py - y) - half_height + radius
        return math.hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - radius

    return distance


def stroke(points: list[tuple[float, float]], width: float) -> Distance:
    """A line through the points, with round ends."""

    def distance(px: float, py: float) -> float:
        nearest = math.inf
        for (ax, ay), (bx, by) in pairwise(points):
            vx, vy = bx - ax, by - ay
            t = max(0.0, min(1.0, ((px - ax) * vx + (py - ay) * vy) / (vx * vx + vy * vy)))
            nearest = min(nearest, math.hypot(px - ax - t * vx, py - ay - t * vy))
        return nearest - width / 2

    return distance


def outline(shape: Distance, width: float) -> Distance:
    """The band of the given width just inside a shape's edge."""
    return lambda px, py: abs(shape(px, py) + width / 2) - width / 2


SHAPES: list[tuple[Distance, Color]] = [
    (outline(box(256, 333, 192, 52, 52), 16), BELT),
    *((box(x, 333, 17, 17, 17), BELT) for x in (122.0, 211.0, 300.0, 390.0)),
    (outline(box(116, 232, 37, 37, 10), 14), PIECE),
    (box(224, 222, 47, 47, 12), PIECE),
    (box(368, 198, 71, 71, 18), DONE),
    (stroke([(337, 200), (359, 223), (401, 176)], 19), MARK),
]


def pixel(px: float, py: float) -> bytes:
    """The RGBA value at a point; edges are blended over one pixel."""
    color: tuple[float, ...] = GROUND
    for shape, paint in SHAPES:
        cover = max(0.0, min(1.0, 0.5 - shape(px, py)))
        if cover:
            color = tuple(old + (new - old) * cover for old, new in zip(color, paint, strict=True))
    alpha = max(0.0, min(1.0, 0.5 - box(256, 256, 248, 248, 96)(px, py)))
    return bytes([*(round(value) for value in color), round(alpha * 255)])


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main(argv: list[str]) -> int:
    target = Path(argv[0]) if argv else Path(__file__).resolve().parents[1] / ".claude-plugin" / "icon.png"
    rows = (b"\0" + b"".join(pixel(x + 0.5, y + 0.5) for x in range(SIZE)) for y in range(SIZE))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 6, 0, 0, 0)
    body = zlib.compress(b"".join(rows), 9)
    target.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b""))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
