"""What an institution keeps about each one-time reference, and about the identity check before an invitation.

No column holds a state: gateway.references.state derives it from these moments and from the ledger, so a
crash between two steps leaves nothing to repair. A reference is removed a day after its end
(gateway.references.store). Invariants: ``claimed_key`` is set once, by one conditional update; ``entry`` is
stored before it is submitted and is sent again unchanged, so a retry cannot make a second entry.
"""

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table, Text

from gateway.store.metadata import metadata

reference = Table(
    "reference",
    metadata,
    Column("reference", String(8), primary_key=True),
    Column("institution", String(32), nullable=False),
    Column("type", String(8), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("staff_id", String(64), nullable=False),
    Column("patient_id", String(64), nullable=True),
    Column("mode", String(8), nullable=True),
    Column("link", String(32), nullable=True),
    Column("request", Text, nullable=True),
    Column("claimed_key", String(43), nullable=True),
    Column("claimed_at", BigInteger, nullable=True),
    Column("proof", Text, nullable=True),
    Column("grants", Text, nullable=True),
    Column("digits_at", BigInteger, nullable=True),
    Column("accepted_at", BigInteger, nullable=True),
    Column("ends_at", BigInteger, nullable=True),
    Column("entry", Text, nullable=True),
    Column("confirmed_at", BigInteger, nullable=True),
    Column("stopped_at", BigInteger, nullable=True),
    Index("reference_patient", "institution", "patient_id"),
    Index("reference_last", "last_at"),
)

identity_check = Table(
    "identity_check",
    metadata,
    Column("reference", String(8), primary_key=True),
    Column("institution", String(32), nullable=False),
    Column("patient_id", String(64), nullable=False),
    Column("staff_id", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("document_seen", Boolean, nullable=False),
    Column("chart_matches", Boolean, nullable=False),
    Column("person_present", Boolean, nullable=False),
)
