"""The ledger's tables: records, log nodes, subjects, head blocks, state, and one row that says where it ends.

Everything is derived from `records` but kept, so that no start-up replays the log. Hashes are 32 raw
bytes, times ms UTC. `log_nodes.place` is the in-order number of a complete subtree: (2k + 1) * 2^level -
1. Migrations under `migrations/` make exactly these tables; a test compares them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

# SQLite keeps a row at its INTEGER primary key, of 64 bits; PostgreSQL's INTEGER would have 32.
Place = Integer().with_variant(BigInteger(), "postgresql")

ledger = Table(
    "ledger",
    metadata,
    Column("only", Integer, primary_key=True),
    Column("id", String(64), nullable=False),
    Column("genesis", LargeBinary, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("subjects", BigInteger, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
)
records = Table(
    "records",
    metadata,
    Column("index", Place, primary_key=True, autoincrement=False),
    Column("time", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("prev", LargeBinary(32), nullable=False),
    Column("heads", LargeBinary(32), nullable=False),
    Column("entry_id", LargeBinary(32), nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Index("records_by_entry", "entry_id", unique=True),
    Index("records_by_chain", "number", "seq", unique=True),
)
log_nodes = Table(
    "log_nodes",
    metadata,
    Column("place", Place, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary(32), nullable=False),
)
subjects = Table(
    "subjects",
    metadata,
    Column("number", Place, primary_key=True, autoincrement=False),
    Column("type", Integer, nullable=False),
    Column("id", LargeBinary(16), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("head", LargeBinary(32), nullable=False),
    Index("subjects_by_id", "id", unique=True),
)
head_blocks = Table(
    "head_blocks",
    metadata,
    Column("block", Place, primary_key=True, autoincrement=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("leaves", LargeBinary(512), nullable=False),
)
state = Table(
    "state",
    metadata,
    Column("key", String(120), primary_key=True),
    Column("document", Text, nullable=False),
    sqlite_with_rowid=False,
)
# Of a consortium's ledger only: where its chain of blocks is, and what the newest blocks refused.
chain = Table(
    "chain",
    metadata,
    Column("only", Integer, primary_key=True),
    Column("height", BigInteger, nullable=False),
    Column("app_hash", LargeBinary(32), nullable=False),
)
refusals = Table(
    "refusals",
    metadata,
    Column("entry_id", LargeBinary(32), primary_key=True),
    Column("height", BigInteger, nullable=False),
    Column("code", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Index("refusals_by_height", "height"),
)
