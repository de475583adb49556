"""An entry is what somebody signs for the ledger: who it is about, what kind, when, and the rest.

JWS Compact of type `yaoshi-entry` (see `ledger.compact`), at most 32 KiB, kept and hashed as the exact
bytes that came. Members beyond ledger, subject, kind and at are checked by the machine and the contract
of the kind.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ledger.compact import ENTRY_TYP as ENTRY_TYP
from ledger.compact import Parts, read_compact, split_compact
from ledger.encoding import is_hex
from ledger.errors import Malformed
from ledger.signing import verify

_KIND = re.compile(r"[a-z]{1,24}\.[a-z]{1,24}")


class Entry(NamedTuple):
    """A well-formed entry. `at` is ms UTC; `proven` is the kid of payload.key once its proof verified.

    `message` is what the signature is over: the signing input, or what stands for its whole batch.
    """

    text: str
    id: str
    kid: str
    ledger: str
    subject: str
    kind: str
    at: int
    payload: dict[str, Any]
    signing_input: bytes
    message: bytes
    signature: bytes
    proven: str | None = None

    def signed_by(self, key: bytes) -> bool:
        """Whether the 32-byte key made the signature."""
        return verify(key, self.message, self.signature)

    @property
    def batched(self) -> bool:
        """Whether the entry was signed together with others (`ledger.signed_batch`)."""
        return self.message != self.signing_input


def parse_entry(text: str) -> Entry:
    """Check the form of an entry; its signature is for the machine, which knows the keys.

    Raises Malformed: a code of `parse_compact`, or entry-form.
    """
    return read_entry(split_compact(text))


def read_entry(parts: Parts, message: bytes | None = None) -> Entry:
    """As `parse_entry`, of an entry that is taken apart already.

    `message`: what the signature is over, for one of a batch that is here as a whole (`ledger.envelope`).
    """
    compact = read_compact(parts, ENTRY_TYP, message)
    payload = compact.payload
    kind, at = payload.get("kind"), payload.get("at")
    if not is_hex(payload.get("ledger"), 64) or not is_hex(payload.get("subject"), 32):
        raise Malformed("entry-form", "ledger has 64 and subject 32 lower-case hexadecimal digits")
    if not isinstance(kind, str) or not _KIND.fullmatch(kind):
        raise Malformed("entry-form", "kind is two words with a dot between them")
    if not isinstance(at, int) or isinstance(at, bool) or at < 0:
        raise Malformed("entry-form", "at is a time in milliseconds")
    return Entry(
        text=parts.text,
        id=compact.id,
        kid=compact.kid,
        ledger=payload["ledger"],
        subject=payload["subject"],
        kind=kind,
        at=at,
        payload=payload,
        signing_input=compact.signing_input,
        message=compact.message,
        signature=compact.signature,
    )
