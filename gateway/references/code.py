"""The eight characters of a reference, the ten that a person types, and the address in the QR code.

Format: docs/formats/qr.md. Crockford base32 without I, L, O, U. 40 bits of entropy, one use, ten minutes,
and a rate limit in front: guessing does not pay. What was scanned is untrusted: the exact beginning of our
own address, then one grammar; nothing else is a code. Not here: drawing and finding QR codes (gateway.qr).
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from ledger.encoding import b64u

if TYPE_CHECKING:
    from gateway.composition import Gateway

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
_FORM = re.compile(r"[0-9A-HJKMNP-TV-Z]{8}", re.ASCII)
_FOLD = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})
_SCANNED = re.compile(r"([A-Za-z0-9_-]{22})\.([0-9A-HJKMNP-TV-Z]{2})\.([0-9A-HJKMNP-TV-Z]{8})", re.ASCII)
_TYPED = re.compile(r"([0-9A-HJKMNP-TV-Z]{2})([0-9A-HJKMNP-TV-Z]{8})", re.ASCII)
_BETWEEN = re.compile(r"[\s\-\u2010-\u2015]")
LONGEST_TYPED = 32


class Coded(NamedTuple):
    """What a code names: the institution by its two characters, and the reference there."""

    institution: str
    reference: str


def new_reference(gw: Gateway) -> str:
    """Eight characters from 5 bytes of entropy."""
    number = int.from_bytes(gw.entropy(5))
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(LENGTH)))


def fold(text: str) -> str | None:
    """What somebody typed as a reference, in its one form; None when it cannot be one."""
    if len(text) > 32:
        return None
    folded = text.upper().translate(_FOLD)
    return folded if _FORM.fullmatch(folded) else None


def typed_code(institution_code: str, reference: str) -> str:
    """Two characters for the institution, then the reference: what is typed where there is no camera."""
    return institution_code + reference


def qr_address(wallet_origin: str, ledger_id: str, institution_code: str, reference: str) -> str:
    """The QR code's text: the wallet's origin; ledger, institution and reference behind the fragment."""
    short = b64u(bytes.fromhex(ledger_id)[:16])
    return f"{wallet_origin}/q#{short}.{institution_code}.{reference}"


def read_code(text: str, wallet_origin: str, ledger_id: str) -> Coded | None:
    """What somebody scanned or typed; None for anything but a code of this ledger, in its exact form."""
    scanned = text.removeprefix(f"{wallet_origin}/q#")
    if scanned != text:
        found = _SCANNED.fullmatch(scanned)
        ours = found is not None and found[1] == b64u(bytes.fromhex(ledger_id)[:16])
        return Coded(found[2], found[3]) if found is not None and ours else None
    if len(text) > LONGEST_TYPED:
        return None
    # As the wallet folds what is typed there: full-width letters, dashes of every kind, O, I and L.
    plain = _BETWEEN.sub("", unicodedata.normalize("NFKC", text).upper())
    found = _TYPED.fullmatch(plain.translate(_FOLD))
    return Coded(found[1], found[2]) if found is not None else None
