"""Finds the QR code in a picture that a browser sent: picture in, text out, nothing kept.

zxing-cpp and Pillow enter here and nowhere else. Everything happens in memory; neither the picture nor its
text is stored or logged. Invariants: size and form are judged from the header before any pixel is unpacked
(a decompression bomb costs its own bytes); bytes that break a decoder are a refusal, never a fault.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import zxingcpp
from PIL import Image

from gateway.qr.picture import Head, head_of
from ledger.errors import Refusal

LONGEST_BYTES = 1_000_000
MOST_PIXELS = 12_000_000
LONGEST_SIDE = 2_000
# A progressive JPEG may ask for a pass over all pixels every twenty bytes; cameras make ten.
MOST_SCANS = 64
_START_OF_SCAN = b"\xff\xda"


def read_picture(data: bytes) -> str | Refusal | None:
    """The text of the QR code in a JPEG, PNG or WebP picture; None when there is none.

    Refuses ``picture-unsupported`` (another form, broken bytes) and ``picture-too-large`` (megapixels).
    """
    head = head_of(data)
    if head is None:
        return _unsupported("neither JPEG, PNG nor WebP")
    if head.width * head.height > MOST_PIXELS:
        return Refusal("picture-too-large", f"more than {MOST_PIXELS // 1_000_000} megapixels")
    if head.form == "JPEG" and data.count(_START_OF_SCAN) > MOST_SCANS:
        return _unsupported("more passes than a camera makes")
    try:
        grey = _grey(data, head)
    except MemoryError:
        raise
    except Exception as broken:  # what a decoder raises at hostile bytes is as various as the bytes
        return _unsupported(type(broken).__name__)
    if grey is None:
        return _unsupported("the picture is not of the size that its header claims")
    return _find(grey)


def _grey(data: bytes, head: Head) -> Image.Image | None:
    with Image.open(BytesIO(data), formats=[head.form]) as picture:
        if picture.size != (head.width, head.height):
            return None
        # A JPEG is unpacked at half or quarter size where that is enough.
        picture.draft("L", (LONGEST_SIDE, LONGEST_SIDE))
        picture.load()
        flat: Image.Image = picture
        if picture.has_transparency_data:
            # What is transparent reads as paper, not as ink.
            flat = Image.new("RGBA", picture.size, "white")
            flat.alpha_composite(picture.convert("RGBA"))
        grey = flat.convert("L")
    if max(grey.size) > LONGEST_SIDE:
        grey.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.BOX)
    return grey


def _find(grey: Image.Image) -> str | None:
    pixels: Any = memoryview(grey.tobytes()).cast("B", (grey.height, grey.width))
    found = zxingcpp.read_barcodes(
        pixels, formats=zxingcpp.BarcodeFormat.QRCode, text_mode=zxingcpp.TextMode.Plain
    )
    return str(found[0].text) if found else None


def _unsupported(why: str) -> Refusal:
    return Refusal("picture-unsupported", why)
