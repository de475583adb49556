"""Fetches what an accepted answer grants, and says what the doctor's screen shows of it at this moment.

docs/formats/pull.md. The first look pulls; afterwards the same view is shown from memory until it ends. Not
here: who may open it (asks.openers), keeping and emptying views (asks.room), the pull and its proofs
(gateway.peers.pull). Invariants: only the clinician who asked, or the role that a grant names, sees a
source; before every answer each source is judged again on the ledger's state, so nothing is shown that was
revoked before the answer began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consent.under import visit_begun
from gateway.asks.accept import grants_of
from gateway.asks.demographics import chart_demographics, compare, pulled_demographics
from gateway.asks.grants import Granted
from gateway.asks.openers import is_for
from gateway.asks.room import OpenView, Source, VisitRoom
from gateway.asks.standing import end_what_ended, standing
from gateway.peers.pull import Pulled, pull_grant
from ledger.errors import Unavailable

if TYPE_CHECKING:
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff


def open_visit(gw: Gateway, room: VisitRoom, staff: Staff, row: Any, again: bool = False) -> dict[str, Any]:
    """The visit as the console's API gives it; ``again`` pulls anew what is not ended for good.

    Raises ledger.errors.Unavailable when no source could be asked; one of several then reads "unavailable".
    """
    view = room.view(staff.session, row.reference, staff.institution)
    with view.pulling:
        for granted in grants_of(row):
            if is_for(staff, row, granted):
                _load(gw, staff, view, granted, again)
    room.loaded()
    sources = list(view.sources.values())
    end_what_ended(gw, sources)
    if sources and all(source.state == "unavailable" for source in sources):
        raise Unavailable("unavailable", "no custodian could record a disclosure")
    return _shown(gw, row, sources)


def _load(gw: Gateway, staff: Staff, view: OpenView, granted: Granted, again: bool) -> None:
    held = view.sources.get(granted.grant)
    if held is not None and not again and held.state != "unavailable":
        return
    view.sources[granted.grant] = _pull(gw, staff, granted)


def _pull(gw: Gateway, staff: Staff, granted: Granted) -> Source:
    end = standing(gw, granted.grant, gw.clock())
    if end is not None:
        return Source(granted, end[0], ended_at=end[1])
    try:
        pulled = pull_grant(
            gw,
            grantee=staff.institution,
            custodian=granted.custodian,
            grant=granted.grant,
            staff=staff,
            purpose=granted.purpose,
        )
    except Unavailable:
        # An outage is not a refusal: the next look at the page tries again.
        return Source(granted, "unavailable")
    if not isinstance(pulled, Pulled):
        end = standing(gw, granted.grant, gw.clock())
        state, at = end or ("refused", gw.clock())
        return Source(granted, state, ended_at=at)
    items = [{**item, "source": granted.custodian} for item in pulled.items]
    return Source(
        granted,
        "open",
        ends_at=_visit_end(gw, granted, pulled.visit),
        items=items,
        received=pulled.received,
        patient=pulled.patient,
        # The pull gives nothing that did not verify; the patient heads the page and is not counted.
        count=len(items),
    )


def _visit_end(gw: Gateway, granted: Granted, visit: str) -> int:
    with gw.ledger.view() as view:
        begun = visit_begun(view, granted.grant, visit)
    started = begun if begun is not None else gw.clock()
    return int(min(started + gw.ledger.genesis.doc["limits"]["visit_ms"], granted.not_after))


def _shown(gw: Gateway, row: Any, sources: list[Source]) -> dict[str, Any]:
    chart = chart_demographics(gw, row.institution, row.patient_id)
    given = [pulled_demographics(source.patient) for source in sources if source.patient is not None]
    with gw.ledger.view() as view:
        names = {one.id: one.name for one in view.institutions()}
    return {
        "reference": row.reference,
        "patient": row.patient_id,
        "demographics": given[0] if given else None,
        "match": compare(chart, given),
        "sources": [_source_shown(source, names) for source in sources],
    }


def _source_shown(source: Source, names: dict[str, Any]) -> dict[str, Any]:
    granted = source.granted
    return {
        "grant": granted.grant,
        "custodian": {"id": granted.custodian, "name": names.get(granted.custodian)},
        "scope": granted.scope,
        "purpose": granted.purpose,
        "not_before": granted.not_before,
        "not_after": granted.not_after,
        "max_visits": granted.max_visits,
        "state": source.state,
        "ends_at": source.ends_at,
        "ended_at": source.ended_at,
        "verified": {"count": source.count},
        "items": source.items or [],
    }
