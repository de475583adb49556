"""Where an institution keeps which link of the ledger belongs to which of its patients.

Not here: keys and rights of a link (the ledger's state), invitations (gateway.references).
A patient has one link at an institution, and another one only after the patient closed the earlier:
``generation`` counts them. The pair (institution, patient, generation) is reserved before anything is
submitted, so two looks at the same moment agree on the link's id and the ledger opens it once.
"""

from sqlalchemy import Column, Integer, String, Table, UniqueConstraint

from gateway.store.metadata import metadata

patient_link = Table(
    "patient_link",
    metadata,
    Column("link", String(32), primary_key=True),
    Column("institution", String(32), nullable=False),
    Column("patient_id", String(64), nullable=False),
    Column("generation", Integer, nullable=False, default=1),
    UniqueConstraint("institution", "patient_id", "generation", name="patient_link_once"),
)
