"""Counts what became of offers: offered, used, repeated per reason, undone; by month, group and rule version.

Never of a person: no patient, member of staff or result is read here, only how many. Counted: one use an
order, a panel is one. Subtract `undone` from `used` for what was avoided: undone by the clinician, or ordered
again within the rule's interval. Cards shown twice a day to one clinician are one offer. Not here: money.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from gateway.reuse.tables import reuse_order as table

_HOUR_MS = 3_600_000


def counts_of(
    conn: Connection, institution: str, start: int, end: int, offset_minutes: int
) -> list[dict[str, Any]]:
    """Rows [{"month", "group", "rule", "offered", "used", "repeated": {reason: n}, "undone"}] in that order.

    [start, end) in ms UTC. Months ("2026-08") are those of a clock ``offset_minutes`` ahead of UTC.
    """
    found: dict[tuple[str, str, str], dict[str, Any]] = defaultdict(
        lambda: {"offered": 0, "used": 0, "repeated": {}, "undone": 0}
    )

    def add(column: Any, *conditions: Any) -> None:
        # By the hour in SQL, so that a month may begin at any time zone's midnight.
        hour = (column // _HOUR_MS).label("hour")
        query = (
            select(hour, table.c.group_key, table.c.rule, table.c.reason, func.count())
            .where(table.c.institution == institution, column >= start, column < end, *conditions)
            .where(table.c.rule.is_not(None))
            .group_by(hour, table.c.group_key, table.c.rule, table.c.reason)
        )
        for at, group, rule, reason, count in conn.execute(query):
            into = found[_month(at * _HOUR_MS, offset_minutes), group, rule]
            if column.name == "offered_at":
                into["offered"] += count
            elif column.name == "undone_at":
                into["undone"] += count
            elif reason is None:
                into["used"] += count
            else:
                into["repeated"][reason] = into["repeated"].get(reason, 0) + count

    add(table.c.offered_at)
    add(table.c.decided_at, table.c.decision.in_(("used", "repeated")))
    add(table.c.undone_at, table.c.decision == "used")
    return [
        {"month": month, "group": group, "rule": rule, **counted}
        for (month, group, rule), counted in sorted(found.items())
    ]


def _month(at: int, offset_minutes: int) -> str:
    return datetime.fromtimestamp(at / 1000 + offset_minutes * 60, UTC).strftime("%Y-%m")
