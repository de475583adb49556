"""The eight characters of a reference, the ten that a person types, and the address in the QR code.

Format: docs/formats/qr.md. Crockford base32 without I, L, O, U. 40 bits of entropy, one use, ten minutes,
and a rate limit in front: guessing does not pay. Not here: drawing the QR code (gateway.qr).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ledger.encoding import b64u

if TYPE_CHECKING:
    from gateway.composition import Gateway

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
_FORM = re.compile(r"[0-9A-HJKMNP-TV-Z]{8}", re.ASCII)
_FOLD = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})


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
