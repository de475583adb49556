"""Keeps, for one day, who declared emergencies to a custodian, and says when a budget is used.

Nothing identifying: ids of institution and clinician, a nonce, the cause in a word. Whoever cannot be held to
a declaration (a forgery, a replay, a declaration for somebody else) is written down and counts against
nobody, or strangers could use up a hospital's budget. A refusal because a budget is used does not use it
further. Invariant: the caller holds one writing transaction from reading to noting.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, case, delete, func, select

from gateway.glass.budgets import BY_CLINICIAN, BY_INSTITUTION, DAY_MS, MISSES
from gateway.glass.tables import glass_attempt as table
from ledger.store.prepared import insert_into

MATCHED, BUDGET = "matched", "budget-used"


@dataclass(frozen=True)
class Used:
    """What a clinician and the institution have used at this custodian within a day."""

    by_institution: int
    by_clinician: int
    misses: int

    @property
    def up(self) -> bool:
        """Whether a further declaration is one too many."""
        return (
            self.by_institution >= BY_INSTITUTION
            or self.by_clinician >= BY_CLINICIAN
            or self.misses >= MISSES
        )


def used(conn: Connection, custodian: str, declaring: str, clinician: str, now: int) -> Used:
    """Counted from the attempts of the last day."""
    mine = table.c.clinician == clinician
    missed = mine & (table.c.outcome != MATCHED)
    row = conn.execute(
        select(func.count(), func.count(case((mine, 1))), func.count(case((missed, 1)))).where(
            table.c.custodian == custodian,
            table.c.declaring == declaring,
            table.c.at > now - DAY_MS,
            table.c.outcome != BUDGET,
        )
    ).one()
    return Used(*row)


def was_used(conn: Connection, custodian: str, declaring: str, nonce: str) -> bool:
    """Whether this institution's nonce came here before."""
    mine = (table.c.custodian == custodian, table.c.declaring == declaring, table.c.nonce == nonce)
    return conn.execute(select(table.c.number).where(*mine)).first() is not None


def note(
    conn: Connection,
    custodian: str,
    now: int,
    outcome: str,
    declarer: tuple[str, str, str | None] | None,
) -> bool:
    """Write one attempt down; ``declarer``: institution, clinician, nonce. False when the nonce was used."""
    conn.execute(delete(table).where(table.c.at <= now - DAY_MS))
    declaring, clinician, nonce = declarer or (None, None, None)
    row = {"custodian": custodian, "declaring": declaring, "clinician": clinician, "nonce": nonce}
    fresh = insert_into(conn, table).values(**row, at=now, outcome=outcome)
    return conn.execute(fresh.on_conflict_do_nothing().returning(table.c.number)).first() is not None
