"""The tables of stored records: one row a resource, with its search values in side tables.

Not here: consent, links or who looked. A resource has one row, at its newest version; `number` joins the
side tables and never leaves the store, `id` is ours and random, `source_id` is the sending system's own.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.metadata import Number, metadata

# Stands for an open end of a clinical time, so that ranges compare without special cases.
BEGINNING_OF_TIME = -(2**62)
END_OF_TIME = 2**62

record = Table(
    "record",
    metadata,
    Column("number", Number, primary_key=True),
    Column("institution", String(32), nullable=False),
    Column("patient_id", String(64)),  # null: the institution's own (Organization, Practitioner …)
    Column("type", String(64), nullable=False),
    Column("id", String(64), nullable=False),
    Column("source_id", Text, nullable=False),
    Column("source_hash", String(64), nullable=False),
    Column("sent", BigInteger),  # the sender's own meta.lastUpdated, ms UTC
    Column("version", Integer, nullable=False),
    Column("last_updated", BigInteger, nullable=False),  # ms UTC
    Column("revision", BigInteger, nullable=False),  # grows with every change of the store
    Column("kind", String(32), nullable=False),  # one of consent.vocabulary.KINDS
    Column("low", BigInteger),  # clinical time [low, high) in ms UTC; null: open, both null: undated
    Column("high", BigInteger),
    Column("sort_date", BigInteger, nullable=False),
    Column("own_labels", String(255), nullable=False),  # sorted, joined by one space
    Column("labels", String(255), nullable=False),  # own and inherited
    Column("json_text", Text, nullable=False),  # released exactly so
    Column("json_hash", String(64), nullable=False),  # hex SHA-256 of json_text, for every disclosure of it
    UniqueConstraint("institution", "type", "id", name="record_by_id"),
    # Behind the order stands what a decision asks, so that a row is only read when it may leave.
    Index(
        "record_by_patient",
        *("institution", "patient_id", "type", "sort_date", "id"),
        *("kind", "labels", "low", "high", "revision"),
    ),
    Index("record_by_revision", "revision"),
)

record_token = Table(
    "record_token",
    metadata,
    Column("record", Number, ForeignKey("record.number", ondelete="CASCADE"), primary_key=True),
    Column("param", String(32), primary_key=True),
    Column("system", String(255), primary_key=True),
    Column("code", String(255), primary_key=True),
    sqlite_with_rowid=False,
)
Index(
    "record_token_identifier",
    record_token.c.code,
    record_token.c.system,
    sqlite_where=record_token.c.param == "identifier",
    postgresql_where=record_token.c.param == "identifier",
)

record_date = Table(
    "record_date",
    metadata,
    Column("record", Number, ForeignKey("record.number", ondelete="CASCADE"), primary_key=True),
    Column("param", String(32), primary_key=True),
    Column("low", BigInteger, primary_key=True),
    Column("high", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)

record_quantity = Table(
    "record_quantity",
    metadata,
    Column("record", Number, ForeignKey("record.number", ondelete="CASCADE"), primary_key=True),
    Column("param", String(32), primary_key=True),
    Column("low", Double, primary_key=True),  # infinite for what is only said to be less or more
    Column("high", Double, primary_key=True),
    Column("system", String(64), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("unit", String(64), primary_key=True),
    sqlite_with_rowid=False,
)

# Words of names: Patients only.
record_string = Table(
    "record_string",
    metadata,
    Column("record", Number, ForeignKey("record.number", ondelete="CASCADE"), primary_key=True),
    Column("param", String(32), primary_key=True),
    Column("value", String(255), primary_key=True),
    Column("folded", Text, nullable=False),  # without case and accents
    sqlite_with_rowid=False,
)

# What a record refers to, by search parameter: "encounter" contains it; a report or the like takes the labels
# of whatever it names, under "cites" what no parameter names.
record_reference = Table(
    "record_reference",
    metadata,
    Column("record", Number, ForeignKey("record.number", ondelete="CASCADE"), primary_key=True),
    Column("param", String(32), primary_key=True),
    Column("target", String(130), primary_key=True),  # Type/id, or what the sender wrote
    Index("record_reference_target", "target"),
    sqlite_with_rowid=False,
)

# The local id of each source id, given out when it is first named, which may be before it arrives.
record_source = Table(
    "record_source",
    metadata,
    Column("institution", String(32), primary_key=True),
    Column("source_id", Text, primary_key=True),
    Column("type", String(64), nullable=False),
    Column("id", String(64), nullable=False),
    Column("patient_id", String(64)),  # of the record, or of the first that cites it
    sqlite_with_rowid=False,
)

chart = Table(
    "chart",
    metadata,
    Column("institution", String(32), primary_key=True),
    Column("patient_id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("sex", String(16), nullable=False),
    Column("birth_date", String(10), nullable=False),
    Column("identifier", Text, nullable=False),  # chart number
    Column("identifiers", Text, nullable=False),  # JSON list of {system, value}
    Column("search_text", Text, nullable=False),  # what the desk may type, folded
    Index("chart_by_identifier", "institution", "identifier"),
    sqlite_with_rowid=False,
)

# Contents that were stored once and have been replaced since: they never come back by themselves.
record_former = Table(
    "record_former",
    metadata,
    Column("institution", String(32), primary_key=True),
    Column("source_hash", String(64), primary_key=True),
    sqlite_with_rowid=False,
)

# Up to which line a file of lines was imported, while its import is not at its end.
import_mark = Table(
    "import_mark",
    metadata,
    Column("institution", String(32), primary_key=True),
    Column("file", Text, primary_key=True),
    Column("line", Integer, nullable=False),
    Column("digest", String(64), nullable=False),  # hex SHA-256 of the unpacked bytes up to there
    sqlite_with_rowid=False,
)
