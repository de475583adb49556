"""Keeps what stands behind a commitment on the ledger: the details and the salt that open it.

Format: docs/formats/opening.md (SHA-256 over "yaoshi/commit/v1" 00, salt, details).
Not here: who may read an opening (the wallet's timeline, the grantee's receipt, the privacy officer decide
that).
Invariant: an opening is durable before its entry is submitted, so a crash leaves at worst an opening
without entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, select

from gateway.disclosure.gathering import KEEP
from gateway.disclosure.tables import opening
from ledger.commitment import SALT_BYTES, commit
from ledger.encoding import b64u, canonical_json
from ledger.store.prepared import Prepared

if TYPE_CHECKING:
    from gateway.composition import Gateway

_ONE = Prepared(
    select(opening.c.salt, opening.c.details, opening.c.grantee, opening.c.institution).where(
        opening.c.commitment == bindparam("commitment")
    )
)


def save_opening(
    conn: Connection,
    commitment: str,
    institution: str,
    link: str,
    salt: str | bytes,
    details_text: str,
    grantee: str | None = None,
) -> None:
    """Keep an opening (salt: 32 bytes, or their base64url); the same commitment again changes nothing."""
    KEEP.run(conn, **_row(commitment, institution, link, salt, details_text, grantee))


def _row(
    commitment: str, institution: str, link: str, salt: str | bytes, details_text: str, grantee: str | None
) -> dict[str, Any]:
    return {
        "commitment": commitment,
        "institution": institution,
        "link": link,
        "grantee": grantee,
        "salt": b64u(salt) if isinstance(salt, bytes) else salt,
        "details": details_text,
    }


def opening_of(conn: Connection, commitment: str) -> dict[str, str] | None:
    """The opening {"salt", "details"} of one commitment, or None when it is not (or no longer) kept here."""
    row = _ONE.first(conn, commitment=commitment)
    return None if row is None else {"salt": row[0], "details": row[1]}


def opening_for_grantee(
    conn: Connection, commitment: str, grantee: str, custodian: str
) -> dict[str, str] | None:
    """As opening_of, but only when this custodian disclosed the details to this grantee."""
    row = _ONE.first(conn, commitment=commitment)
    if row is None or row[2:] != (grantee, custodian):
        return None
    return {"salt": row[0], "details": row[1]}


def grantee_of(conn: Connection, commitment: str) -> str | None:
    """To whom the details of this commitment give something, or gave; None when it is not kept here."""
    row = _ONE.first(conn, commitment=commitment)
    return None if row is None else row[2]


def openings_of_link(conn: Connection, link: str) -> dict[str, dict[str, str]]:
    """Every opening kept about one link: {commitment: {"salt", "details"}}."""
    rows = conn.execute(
        select(opening.c.commitment, opening.c.salt, opening.c.details).where(opening.c.link == link)
    )
    return {row.commitment: {"salt": row.salt, "details": row.details} for row in rows}


def commit_details(
    gw: Gateway, institution: str, link: str, details: Mapping[str, Any], grantee: str | None = None
) -> str:
    """Salt, commit and keep details; gives the commitment, whose opening is durable now."""
    text = canonical_json(dict(details))
    salt = gw.entropy(SALT_BYTES)
    commitment = commit(salt, text)
    gw.openings.keep(_row(commitment, institution, link, salt, text.decode(), grantee))
    return commitment
