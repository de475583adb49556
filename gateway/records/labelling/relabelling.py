"""Judges the labels of stored records anew, for a store that was filled under an earlier table or rule.

After an upgrade, once the index is made anew (reindexing). Safe while the node runs: short transactions, each
for some records. A record whose labels change becomes a new version. No label of its own is taken away: that
takes another import. Running it twice changes nothing.
"""

from collections.abc import Callable

from sqlalchemy import Connection, Engine, select, update

from gateway.records.elements.json_text import parse
from gateway.records.elements.references import survey
from gateway.records.labelling.inheritance import inherit_anew
from gateway.records.labelling.labels import joined, judged_anew
from gateway.records.tables import record

_AT_ONCE = 500


def relabel(db: Engine, clock: Callable[[], int], progress: Callable[[int], None] | None = None) -> int:
    """Labels every patient's records anew; how many have other labels than before."""
    done = changed = last = 0
    while True:
        with db.begin() as conn:
            numbers = _judge(conn, last)
            if not numbers:
                return changed
            for institution, some in numbers.items():
                changed += inherit_anew(conn, institution, clock(), some)
                done, last = done + len(some), max(last, *some)
        if progress is not None:
            progress(done)


def _judge(conn: Connection, last: int) -> dict[str, list[int]]:
    """Brings the own labels of some records up to date; their numbers, by institution."""
    wanted = select(record.c.number, record.c.institution, record.c.own_labels, record.c.json_text)
    after = wanted.where(record.c.number > last, record.c.patient_id.is_not(None), record.c.type != "Patient")
    numbers: dict[str, list[int]] = {}
    for row in conn.execute(after.order_by(record.c.number).limit(_AT_ONCE)).all():
        numbers.setdefault(row.institution, []).append(row.number)
        resource = parse(row.json_text)
        codings = survey({name: value for name, value in resource.items() if name != "meta"}).codings
        own = joined(judged_anew(resource, frozenset(row.own_labels.split()), codings))
        if own != row.own_labels:
            conn.execute(update(record).where(record.c.number == row.number).values(own_labels=own))
    return numbers
