"""What a screenshot shows, without libraries: PNG of 8 bits a channel, not interlaced, as Chromium writes it."""
import collections
import struct
import zlib


def rows(path):
    """(bytes a pixel, a list of rows of bytes)."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", f"{path} is no PNG"
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", data[at + 8:at + 21])
            assert depth == 8 and colour in (2, 6) and not interlaced, (depth, colour, interlaced)
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + size]
        at += size + 12
    pixel = 3 if colour == 2 else 4
    raw, stride, above, result = zlib.decompress(packed), width * pixel, bytes(width * pixel), []
    for y in range(height):
        start = y * (stride + 1)
        above = unfiltered(raw[start], bytearray(raw[start + 1:start + 1 + stride]), above, pixel)
        result.append(bytes(above))
    return pixel, result


def unfiltered(kind, line, above, pixel):
    """PNG specification, section 9.2."""
    for i in range(len(line) if kind else 0):
        left = line[i - pixel] if i >= pixel else 0
        up = above[i]
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        else:
            corner = above[i - pixel] if i >= pixel else 0
            distances = [abs(left + up - corner - each) for each in (left, up, corner)]
            guess = (left, up, corner)[distances.index(min(distances))]
        line[i] = (line[i] + guess) & 255
    return line


def colours(path):
    """How often each colour stands in the picture: (red, green, blue) -> pixels."""
    pixel, lines = rows(path)
    count = collections.Counter()
    for line in lines:
        count.update(zip(line[0::pixel], line[1::pixel], line[2::pixel]))
    return count


def brightness(colour):
    """Relative luminance of sRGB, 0 to 1 (WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055)**2.4 for c in (each / 255 for each in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """Contrast of two colours, 1 to 21 (WCAG 2)."""
    low, high = sorted((brightness(one), brightness(other)))
    return (high + 0.05) / (low + 0.05)
