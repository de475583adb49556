"""Fetches what an accepted answer grants, and says what the doctor's screen shows of it at this moment.

docs/formats/pull.md. The first look pulls; afterwards the same view is shown from memory until it ends. An
emergency's view is filled and shown by the same functions (gateway.glass.view). Not here: who may open it
(asks.openers), keeping and emptying views (asks.room), the pull and its proofs (gateway.peers.pull).
Invariants: only the clinician who asked, or the role that a grant names, sees a source; before every answer
each source is judged again on the ledger's state, so nothing is shown that had ended before the answer began.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consent.under import visit_begun
from gateway.asks.accept import grants_of
from gateway.asks.basis import Basis, basis_of
from gateway.asks.demographics import chart_demographics, compare, pulled_demographics
from gateway.asks.openers import is_for
from gateway.asks.room import OpenView, Source, VisitRoom
from gateway.asks.standing import end_what_ended, standing
from gateway.peers.pull import Pulled, pull_glass, pull_grant
from ledger.errors import Refusal, Unavailable

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
                load(gw, staff, view, basis_of(granted), again)
    return {"reference": row.reference, **shown(gw, room, view, row.patient_id)}


def load(gw: Gateway, staff: Staff, view: OpenView, basis: Basis, again: bool) -> None:
    """Fill one source of a view when it is not there or is wanted again; the caller holds the view's lock."""
    held = view.sources.get(basis.under)
    if held is not None and not again and held.state != "unavailable":
        return
    view.sources[basis.under] = _source(gw, staff, basis)


def _source(gw: Gateway, staff: Staff, basis: Basis) -> Source:
    end = standing(gw, basis.under, gw.clock())
    if end is not None:
        return Source(basis, end[0], ended_at=end[1])
    try:
        pulled = _pull(gw, staff, basis)
    except Unavailable as outage:
        # An outage is not a refusal: the next look at the page tries again.
        gw.log.warning("pull-outage", custodian=basis.custodian, code=outage.code, cause=outage.detail)
        return Source(basis, "unavailable", outage=outage.code)
    if not isinstance(pulled, Pulled):
        end = standing(gw, basis.under, gw.clock())
        state, at = end or ("refused", gw.clock())
        return Source(basis, state, ended_at=at)
    items = [{**item, "source": basis.custodian} for item in pulled.items]
    # A copy is filed with the receipt of its disclosure: what waits for the ledger is shown, and not filed.
    recorded = all(one.receipt is not None for one in pulled.received.values())
    return Source(
        basis,
        "open",
        ends_at=_visit_end(gw, basis, pulled.visit),
        items=items,
        received=pulled.received if recorded else None,
        patient=pulled.patient,
        # The pull gives nothing that did not verify; the patient heads the page and is not counted.
        count=len(items),
    )


def _pull(gw: Gateway, staff: Staff, basis: Basis) -> Pulled | Refusal:
    grantee, custodian = staff.institution, basis.custodian
    if basis.is_glass:
        return pull_glass(gw, grantee=grantee, custodian=custodian, glass=basis.under, staff=staff)
    return pull_grant(
        gw, grantee=grantee, custodian=custodian, grant=basis.under, staff=staff, purpose=basis.purpose
    )


def _visit_end(gw: Gateway, basis: Basis, visit: str) -> int:
    with gw.ledger.view() as view:
        begun = visit_begun(view, basis.under, visit)
    started = begun if begun is not None else gw.clock()
    return int(min(started + gw.ledger.genesis.doc["limits"]["visit_ms"], basis.not_after))


def shown(gw: Gateway, room: VisitRoom, view: OpenView, patient_id: str | None) -> dict[str, Any]:
    """What a view shows now, each source judged again; ``patient_id`` is that of the own chart, or None.

    Raises ledger.errors.Unavailable when no source could be asked.
    """
    room.loaded()
    sources = list(view.sources.values())
    end_what_ended(gw, sources)
    if sources and all(source.state == "unavailable" for source in sources):
        raise Unavailable(sources[0].outage or "unavailable", "no custodian gave an answer")
    chart = chart_demographics(gw, view.institution, patient_id)
    given = [pulled_demographics(source.patient) for source in sources if source.patient is not None]
    with gw.ledger.view() as ledger:
        names = {one.id: one.name for one in ledger.institutions()}
    return {
        "patient": patient_id,
        "demographics": given[0] if given else None,
        "match": compare(chart, given),
        "sources": [_source_shown(source, names) for source in sources],
    }


def _source_shown(source: Source, names: dict[str, Any]) -> dict[str, Any]:
    basis = source.basis
    return {
        "grant": basis.under,
        "custodian": {"id": basis.custodian, "name": names.get(basis.custodian)},
        "scope": basis.scope,
        "purpose": basis.purpose,
        "not_before": basis.not_before,
        "not_after": basis.not_after,
        "max_visits": basis.max_visits,
        "state": source.state,
        "ends_at": source.ends_at,
        "ended_at": source.ended_at,
        "verified": {"count": source.count},
        "items": source.items or [],
    }
