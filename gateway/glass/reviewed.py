"""Carries what stands behind a review from the institution that declared an emergency to its custodian.

docs/formats/glass.md, "Afterwards": the patient's phone reads at the custodian, so the custodian keeps the
opening of the declaring side's `glass.reviewed` before that is recorded; a recorded review whose words are
missing would look withheld. In return it says what stands behind its own. Invariant: what is kept has the
form of a review by the institution that sent it, and is bounded; what is believed opens the commitment on the
own replica.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, func, select

from consent.vocabulary import VERDICTS
from gateway.disclosure.openings import opening_of, save_opening
from gateway.disclosure.tables import opening as table
from gateway.glass.known import known_glass
from ledger.commitment import SALT_BYTES, commit
from ledger.encoding import parse_json, unb64u
from ledger.entry import parse_entry
from ledger.errors import Malformed
from ledger.record import decode_record

if TYPE_CHECKING:
    from consent.glass_state import GlassState
    from gateway.composition import Gateway

LONGEST_WORDS = 1000
# Each emergency on a link takes one, and one for each review that was sent and could not be recorded then.
MOST_OF_A_LINK = 100
_MEMBERS = {"institution", "verdict", "words", "reviewer"}


def is_opening(value: object) -> bool:
    """Whether it is {"salt", "details"} of texts."""
    return (
        isinstance(value, dict)
        and value.keys() == {"salt", "details"}
        and all(isinstance(text, str) for text in value.values())
    )


def keep_review(conn: Connection, link: str, declaring: str, sent: dict[str, str]) -> bool:
    """Keep the opening of the declaring institution's review; False when it has not the form of one."""
    found = _read(sent, declaring)
    mine = (table.c.link == link, table.c.institution == declaring)
    count = conn.execute(select(func.count()).select_from(table).where(*mine)).scalar() or 0
    if found is None or count >= MOST_OF_A_LINK:
        return False
    save_opening(conn, found.commitment, declaring, link, sent["salt"], sent["details"])
    return True


def commitment_of(gw: Gateway, state: GlassState, institution: str) -> str | None:
    """The commitment of an institution's review, None before it has reviewed."""
    index = state["reviews"].get(institution)
    if index is None:
        return None
    with gw.ledger.view() as view:
        entry = parse_entry(decode_record(view.record(index)).entry.decode("ascii"))
    return str(entry.payload["commitment"])


def own_review(gw: Gateway, custodian: str, glass: str) -> dict[str, str] | None:
    """The opening of the custodian's own review, for the other side; None before it has reviewed."""
    state = known_glass(gw, glass)
    commitment = None if state is None else commitment_of(gw, state, custodian)
    if commitment is None:
        return None
    with gw.db.connect() as conn:
        return opening_of(conn, commitment)


def believed(commitment: str, institution: str, told: dict[str, str] | None) -> dict[str, Any] | None:
    """The details that another institution told of a review, when they stand behind this commitment."""
    found = None if told is None else _read(told, institution)
    return found.details if found is not None and found.commitment == commitment else None


class _Read(NamedTuple):
    commitment: str
    details: dict[str, Any]


def _read(opening: dict[str, str], institution: str) -> _Read | None:
    """What an opening {"salt", "details"} says, when it is a review by this institution."""
    try:
        text = opening["details"].encode()
        details, salt = parse_json(text), unb64u(opening["salt"], SALT_BYTES)
    except (Malformed, UnicodeEncodeError):
        return None
    return _Read(commit(salt, text), details) if _is_review(details, institution) else None


def _is_review(details: dict[str, Any], institution: str) -> bool:
    words, reviewer = details.get("words"), details.get("reviewer")
    return (
        details.keys() == _MEMBERS
        and details["institution"] == institution
        and details["verdict"] in VERDICTS
        and isinstance(words, str)
        and len(words) <= LONGEST_WORDS
        and isinstance(reviewer, dict)
        and reviewer.keys() == {"id", "name", "role"}
        and all(isinstance(text, str) for text in reviewer.values())
    )
