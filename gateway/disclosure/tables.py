"""What the release side keeps beside the ledger: openings of commitments, and which visit is running.

Not here: any decision. A lost opening is shown to the patient as withheld, so it is written before its
entry is submitted; a lost running visit only begins another one. Invariant: (grant, user) is unique.
"""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from gateway.store.metadata import metadata

opening = Table(
    "opening",
    metadata,
    Column("commitment", String(43), primary_key=True),
    Column("institution", String(32), nullable=False),
    Column("link", String(32), nullable=False),
    Column("grantee", String(32), nullable=True),
    Column("salt", String(43), nullable=False),
    Column("details", Text, nullable=False),
    Index("opening_link", "link"),
)

running_visit = Table(
    "running_visit",
    metadata,
    Column("grant_id", String(64), primary_key=True),  # or the id of a broken glass
    Column("user_id", String(64), primary_key=True),
    Column("visit", String(32), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
)
