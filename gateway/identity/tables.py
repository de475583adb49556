"""Staff accounts, their open sessions, and the wrong passwords of late."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from gateway.store.metadata import metadata

staff_account = Table(
    "staff_account",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("institution", String(32), nullable=False),
    Column("user", String(64), nullable=False),
    Column("name", String(100), nullable=False),
    Column("role", String(20), nullable=False),
    Column("department", String(100), nullable=False),
    Column("role_code", String(40), nullable=False),
    Column("password", String(200), nullable=False),  # argon2id, encoded with its salt and cost
    Column("disabled", Boolean, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    UniqueConstraint("institution", "user"),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column(
        "id", String(64), primary_key=True
    ),  # SHA-256 of the id in the cookie: a stolen copy signs nobody in
    Column("staff", String(32), ForeignKey("staff_account.id"), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("fresh_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index("ix_staff_session_staff", "staff"),
)

sign_in_failure = Table(
    "sign_in_failure",
    metadata,
    # Half a SHA-256 of institution and user, existing or not, and half a one of the address (zeros: of all).
    Column("account", String(64), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("locked_until", BigInteger, nullable=False),
    Column("signed_in_at", BigInteger),  # ms: when a right password came from this address
)
