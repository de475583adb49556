"""What each side of an emergency keeps beside the ledger: declarations sent, attempts received, cases.

An institution declares (emergency) and receives (glass_attempt, glass_case); on one node both stand in one
database and neither side reads the other's tables. Whether a glass stands, is closed or reviewed is the
ledger's state and in no column here. Not here: what was declared in full (the opening of glass.broken).
Invariants: an attempt's (declaring, nonce) is used once; a case is there before its glass is on the ledger,
so no glass is without one; every row of an emergency is written before the declaration is sent.
"""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text, UniqueConstraint

from gateway.store.metadata import Number, metadata

# What an institution's clinicians declared. `glass` is null where it came to nothing; such a row lives a day.
emergency = Table(
    "emergency",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("institution", String(32), nullable=False),
    Column("staff_id", String(64), nullable=False),
    Column("staff_name", Text, nullable=False),
    Column("staff_role", String(64), nullable=False),
    Column("department", Text, nullable=False),
    Column("custodian", String(32), nullable=False),
    Column("nonce", String(32), nullable=False),
    Column("reason", String(40), nullable=False),
    Column("words", Text, nullable=True),
    Column("identifier_end", String(4), nullable=False),  # the number's last digits, never all of it
    Column("patient_id", String(64), nullable=True),  # of the own chart
    Column("sent_at", BigInteger, nullable=False),
    Column("glass", String(64), nullable=True),
    Index("emergency_sent", "institution", "sent_at"),
    Index("emergency_glass", "glass"),
)

# What came to a custodian in the last day. `declaring` is null where nobody can be held to it.
glass_attempt = Table(
    "glass_attempt",
    metadata,
    Column("number", Number, primary_key=True),
    Column("custodian", String(32), nullable=False),
    Column("declaring", String(32), nullable=True),
    Column("clinician", Text, nullable=True),
    Column("nonce", String(32), nullable=True),
    Column("at", BigInteger, nullable=False),
    Column("outcome", String(40), nullable=False),
    UniqueConstraint("custodian", "declaring", "nonce", name="glass_attempt_once"),
    Index("glass_attempt_at", "at"),
)

# A glass that this custodian broke, for its privacy officer.
glass_case = Table(
    "glass_case",
    metadata,
    Column("glass", String(64), primary_key=True),
    Column("custodian", String(32), nullable=False),
    Column("declaring", String(32), nullable=False),
    Column("nonce", String(32), nullable=False),
    Column("link", String(32), nullable=False),
    Column("patient_id", String(64), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("told_at", BigInteger, nullable=True),  # when the patient's phone first read it
    Index("glass_case_custodian", "custodian", "made_at"),
    Index("glass_case_link", "link"),
)

glass_objection = Table(
    "glass_objection",
    metadata,
    Column("glass", String(64), primary_key=True),
    Column("link", String(32), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("words", Text, nullable=False),
)

# What one privacy officer asks the other.
glass_question = Table(
    "glass_question",
    metadata,
    Column("number", Number, primary_key=True),
    Column("glass", String(64), nullable=False),
    Column("institution", String(32), nullable=False),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("words", Text, nullable=False),
    Index("glass_question_glass", "glass"),
)
