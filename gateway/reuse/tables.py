"""The tables of reuse: an institution's rules and rulings, its orders and what became of what was offered."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.metadata import Number, metadata

# What a version says never changes: decisions were recorded under its name.
reuse_rule = Table(
    "reuse_rule",
    metadata,
    Column("number", Number, primary_key=True),  # the order of the file
    Column("institution", String(32), nullable=False),
    Column("group_key", String(64), nullable=False),
    Column("situation", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON of consent.reuse.rule_content
    Column("loaded_at", BigInteger, nullable=False),  # ms UTC
    UniqueConstraint("institution", "group_key", "situation", "version", name="reuse_rule_by_name"),
)

# The institution's word on a version, signed by its review key; the newest counts, none is ever changed.
reuse_ruling = Table(
    "reuse_ruling",
    metadata,
    Column("number", Number, primary_key=True),
    Column("rule", Number, ForeignKey("reuse_rule.number"), nullable=False, index=True),
    Column("act", String(16), nullable=False),  # approve or withdraw
    Column("at", BigInteger, nullable=False),  # ms UTC
    Column("decided_by", Text, nullable=False),  # the person
    Column("jws", Text, nullable=False),  # typ yaoshi-rule
)

# One order that a clinician checked or placed. `decision` is set once; what must follow it (the entry on the
# ledger, then the filing) stands in `entry` and `filing` until both are done, so that a crash in between can
# be completed or forgotten. A row never holds a value of a result once that is done.
reuse_order = Table(
    "reuse_order",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("institution", String(32), nullable=False),
    Column("patient_id", String(64), nullable=False),
    Column("staff", String(32), nullable=False),
    Column("group_key", String(64), nullable=False),
    Column("code", String(300)),  # "system|code"; null: the whole group
    Column("situation", String(64)),
    Column("setting", String(16), nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("rule", String(128)),  # id@version; null: nothing was offered
    Column("results", Text, nullable=False),  # JSON, gateway.reuse.deciding.offers.results_text
    Column("offered_at", BigInteger),  # ms UTC; null: nothing was offered
    Column("decision", String(8)),  # used, repeated, ordered
    Column("reason", String(32)),  # why it is repeated
    Column("words", Text),  # the clinician's own, for that reason
    Column("informed", String(16)),  # yes, no, not-possible
    Column("informed_how", Text),
    Column("decided_at", BigInteger),
    Column("decided_entry", String(64)),
    Column("filed", Text),  # JSON list of "Type/id" in the own chart
    Column("undone_at", BigInteger),
    Column("undone_why", String(16)),  # staff, ordered-again
    Column("entry", Text),  # signed, not yet known to be on the ledger
    Column("filing", Text),  # JSON of what is filed once the entry is there
    Index("reuse_order_patient", "institution", "patient_id", "group_key"),
    Index("reuse_order_offered", "institution", "offered_at"),
    Index("reuse_order_decided", "institution", "decided_at"),
)
