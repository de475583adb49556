"""Pictures for scanners: QR codes of any text as a camera would see them, and pictures that lie."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image
from qrcode.constants import ERROR_CORRECT_L
from qrcode.main import QRCode


def code(text: str | bytes, side: int = 400, turned: float = 0) -> Image.Image:
    """A grey picture of one QR code with its quiet zone, about `side` pixels wide."""
    drawn: QRCode = QRCode(error_correction=ERROR_CORRECT_L, border=4)
    drawn.add_data(text)
    drawn.make(fit=True)
    rows = drawn.get_matrix()
    small = Image.new("L", (len(rows), len(rows)))
    small.putdata([0 if dark else 255 for row in rows for dark in row])
    scale = max(2, side // len(rows))
    large = small.resize((len(rows) * scale, len(rows) * scale), Image.Resampling.NEAREST)
    return large.rotate(turned, expand=True, fillcolor=255) if turned else large


def frame(
    text: str | bytes, width: int = 1280, height: int = 960, side: int = 400, turned: float = 0
) -> Image.Image:
    """What a camera sees: the code on a grey desk."""
    desk = Image.new("L", (width, height), 168)
    seen = code(text, side, turned)
    desk.paste(seen, ((width - seen.width) // 2, (height - seen.height) // 2))
    return desk


def saved(picture: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **({"quality": 70} if form == "JPEG" else {}), **options)
    return file.getvalue()


def png_of(width: int, height: int, body: bytes = b"") -> bytes:
    """A PNG that claims this size; `body`: what its IDAT unpacks to."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(body, 9)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg_claiming(width: int, height: int) -> bytes:
    """A real JPEG whose frame header claims another size."""
    data = bytearray(saved(frame("small", 320, 240, 200)))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def webp_claiming(width: int, height: int) -> bytes:
    """A WebP whose extended header claims a canvas of this size (RFC 9649 2.7)."""
    inner = saved(frame("small", 320, 240, 200), "WEBP", lossless=True)[12:]
    head = b"VP8X" + struct.pack("<I", 10) + bytes(4)
    head += (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 4 + len(head) + len(inner)) + b"WEBP" + head + inner


def many_scans(count: int) -> bytes:
    """A progressive JPEG with its last pass repeated: each asks for a walk over all pixels again."""
    data = saved(frame("small", 320, 240, 200), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * count + data[-2:]
