"""What waits for the ledger, in the order in which it was signed, and what the ledger refused afterwards.

A row is durable before what its entry stands for happens, and goes when the entry is on the ledger.
Invariant: an entry is here once (by its id).
"""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from gateway.store.metadata import Number, metadata

outbox_entry = Table(
    "outbox_entry",
    metadata,
    Column("number", Number, primary_key=True),
    Column("entry_id", String(64), nullable=False, unique=True),
    Column("subject", String(32), nullable=False),
    Column("institution", String(32), nullable=False),  # the link's, whose officer sees it
    Column("kind", String(49), nullable=False),
    Column("about", String(64), nullable=True),  # the glass that it is or is under, or what it ends
    Column("entry", Text, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("tell", String(32), nullable=True),  # an institution elsewhere that is still to be told
    Column("refused", String(40), nullable=True),  # the code with which the ledger refused it in the end
    Column("refused_at", BigInteger, nullable=True),
    Index("outbox_subject", "subject", "number"),
    Index("outbox_about", "about"),
)
