"""What the ledger can answer instead of "recorded": a refusal, malformed bytes, an outage, or a full stop.

    Refusal      a value: the entry was understood, judged and not taken; nothing changed
    Malformed    an exception: these bytes are not a valid entry at all (form or signature)
    Unavailable  an exception: no judgement was possible; the same bytes may be sent again
    Fatal        an exception: the stored log contradicts itself or its genesis; nobody may go on writing

Every code is stable and documented in `ledger/codes.py`, `codes_governing.py`, `codes_chain.py` and
`codes_light.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.codes import CODES as _CODES
from ledger.codes_chain import CODES as _CHAIN_CODES
from ledger.codes_governing import CODES as _GOVERNING_CODES
from ledger.codes_light import CODES as _LIGHT_CODES

CODES = {**_CODES, **_CHAIN_CODES, **_GOVERNING_CODES, **_LIGHT_CODES}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A judgement against an entry; `code` is stable, `detail` is English and holds no identifying word."""

    code: str
    detail: str


class LedgerError(Exception):
    """An answer of the ledger that is not a value; `code` is stable, `detail` is English."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Malformed(LedgerError):  # noqa: N818
    """The bytes do not have the one form that the standard gives them, or their signature is wrong."""


class Unavailable(LedgerError):  # noqa: N818
    """The ledger could not do its work just now; trying the same bytes again is always safe."""


class Fatal(LedgerError):  # noqa: N818
    """The ledger's own files contradict each other: stop, keep the files, ask a person."""
