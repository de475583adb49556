"""What the FHIR door remembers between requests: live tokens, used nonces, and where a paged search stands.

Not here: any decision; every row can be lost without opening a door.
Invariants: (1) tokens and cursors are kept as their SHA-256 only; (2) (client, jti) is unique.
"""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from gateway.store.metadata import metadata

access_token = Table(
    "access_token",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("custodian", String(32), nullable=False),
    Column("client", String(32), nullable=False),
    Column("grant_id", String(64), nullable=False),  # or the id of a broken glass
    Column("purpose", String(16), nullable=False),
    Column("patient_id", String(64), nullable=False),
    Column("visit", String(32), nullable=False),
    Column("user_id", String(64), nullable=False),
    Column("user_name", Text, nullable=False),
    Column("user_role", String(64), nullable=False),
    Column("token_scopes", Text, nullable=False),
    Column("assertion", Text, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Index("access_token_expires", "expires"),
)

seen_jti = Table(
    "seen_jti",
    metadata,
    Column("client", String(32), primary_key=True),
    Column("jti", String(128), primary_key=True),
    Column("until", BigInteger, nullable=False),
    Index("seen_jti_until", "until"),
)

page_cursor = Table(
    "page_cursor",
    metadata,
    Column("cursor_hash", String(64), primary_key=True),
    Column("custodian", String(32), nullable=False),
    Column("client", String(32), nullable=False),
    Column("grant_id", String(64), nullable=False),
    Column("query", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("upper_revision", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Index("page_cursor_expires", "expires"),
)
