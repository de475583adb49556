"""What an institution keeps about each offer: a box that one doctor's request may be put into, once.

docs/formats/offer.md. Nothing here says what the patient wants to give: that stays on the phone. No column
holds a state: gateway.offers.store derives it. Invariants: ``claimed_at``, ``claimant`` and ``request`` are
set once, by one conditional update; the row is removed ten minutes after its end.
"""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from gateway.store.metadata import metadata

offer = Table(
    "offer",
    metadata,
    Column("reference", String(8), primary_key=True),
    Column("institution", String(32), nullable=False),
    Column("link", String(32), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("claimed_at", BigInteger, nullable=True),
    Column("claimant", String(32), nullable=True),
    Column("request", Text, nullable=True),
    Column("stopped_at", BigInteger, nullable=True),
    Index("offer_link", "link"),
    Index("offer_expires", "expires_at"),
)
