"""What a check may look at: the own chart, and what this member of staff has open from elsewhere.

Both are read here: nothing that a browser sends is ever taken for a result, it names a chart and open views.
Not here: who may open a view (gateway.asks.openers), what to make of a result (consent.reuse). Invariants: a
source that has ended is emptied before it is read; of what was filed already only the own copy is seen,
unless the original says something else by now: then the copy counts as replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from consent.reuse.orders import Context, Event
from consent.reuse.results import Result
from gateway.asks.demographics import chart_demographics, compare, pulled_demographics
from gateway.asks.standing import end_what_ended
from gateway.records.elements.json_text import parse
from gateway.records.tables import record
from gateway.reuse.deciding.copies import filed_from
from gateway.reuse.reading.chart import read_chart
from gateway.reuse.reading.context import context_of
from gateway.reuse.reading.results import results_of

if TYPE_CHECKING:
    from gateway.asks.room import Source, VisitRoom
    from gateway.composition import Gateway
    from gateway.identity.roles import Staff
    from gateway.peers.pull import Received

_CONTEXT_KINDS = {
    "Condition": "condition",
    "Procedure": "procedure",
    "MedicationRequest": "medication",
    "MedicationAdministration": "medication",
    "Encounter": "encounter",
}
# Reports and specimens say something about a result whatever their own code is.
_ALWAYS = ("DiagnosticReport/", "Specimen/")


class Asked(NamedTuple):
    """What a check is about: codes ("system|code") of all its rules, now, and how far the longest reaches."""

    codes: frozenset[str]
    at: int
    reach_ms: int


class Place(NamedTuple):
    """Where a result lies: the institution that holds it, and "Type/id" there."""

    source: str
    ref: str


@dataclass(frozen=True)
class Seen:
    """One result: its JSON text, the institution that issued it, and, from an open view, how it arrived."""

    json_text: str
    issuer: str
    arrived: Received | None = None
    specimen: str | None = None  # the JSON text of the Specimen that came beside it


@dataclass(frozen=True)
class Sight:
    """All that one check looks at. ``ended``: grants of the views named that opened nothing any more."""

    institution: str
    patient_id: str
    results: tuple[Result, ...]
    context: Context
    texts: dict[Place, Seen]
    ended: frozenset[str]


def look(
    gw: Gateway,
    room: VisitRoom,
    staff: Staff,
    patient_id: str,
    references: Sequence[str],
    asked: Asked,
) -> Sight:
    """Results with one of the codes asked for and what else counts, in chart and open views."""
    sources = _sources(gw, room, staff, references)
    found = _own(gw, staff.institution, patient_id, asked)
    chart = chart_demographics(gw, staff.institution, patient_id)
    for source in sources:
        if source.state != "open" or source.received is None or source.patient is None:
            continue
        same = compare(chart, [pulled_demographics(source.patient)]) != "differs"
        # Another text than the own results': then the condition "person" fails, and the screen says so.
        _add_view(found, source, source.received, patient_id if same else f"{patient_id}?", asked.codes)
    return Sight(
        staff.institution,
        patient_id,
        tuple(found.results),
        Context(tuple(found.events), frozenset(found.unseen)),
        found.texts,
        frozenset(source.basis.under for source in sources if source.state != "open"),
    )


@dataclass(frozen=True)
class _Found:
    """What was found so far; `copied`: filed copies by custodian and reference there."""

    results: list[Result]
    events: list[Event]
    unseen: set[str]
    texts: dict[Place, Seen]
    copied: dict[tuple[str, str], Result]


def _own(gw: Gateway, institution: str, patient_id: str, asked: Asked) -> _Found:
    with gw.db.connect() as conn:
        results, context = read_chart(conn, institution, patient_id, asked.codes, asked.at, asked.reach_ms)
        query = select(record.c.type, record.c.id, record.c.source_id, record.c.json_text).where(
            record.c.institution == institution,
            record.c.patient_id == patient_id,
            record.c.id.in_(sorted({one.ref.partition("/")[2] for one in results})),
        )
        stored = {f"{row.type}/{row.id}": row for row in conn.execute(query)}
    found = _Found(list(results), list(context.events), set(context.unseen), {}, {})
    for one in results:
        origin = filed_from(stored[one.ref].source_id)
        found.texts[_place(one)] = Seen(stored[one.ref].json_text, origin[0] if origin else institution)
        if origin is not None and one.status != "entered-in-error":
            found.copied[origin] = one
    return found


def _add_view(
    found: _Found, source: Source, received: dict[str, Received], patient: str, codes: frozenset[str]
) -> None:
    """Add what one open view holds; of what was filed already, only what says something else by now."""
    custodian = source.basis.custodian
    arrived = {ref: one for ref, one in received.items() if _may_count(ref, one.json_text, codes)}
    resources = [parse(one.json_text) for one in arrived.values()]
    pulled = results_of(resources, source=custodian, own=False, patient=patient, grant=source.basis.under)
    for one, resource in zip(pulled, _results(resources), strict=True):
        copy = found.copied.get((custodian, one.ref))
        if copy is not None and _says_the_same(copy, one):
            continue
        if copy is not None:
            found.results[found.results.index(copy)] = replace(copy, replaced_by=one.ref)
        found.results.append(one)
        beside = arrived.get(_specimen_of(resource))
        found.texts[_place(one)] = Seen(
            arrived[one.ref].json_text, custodian, arrived[one.ref], beside and beside.json_text
        )
    elsewhere = context_of(_for_context(received), unseen=_unseen(source))
    found.events.extend(elsewhere.events)
    found.unseen.update(elsewhere.unseen)


def _sources(gw: Gateway, room: VisitRoom, staff: Staff, references: Iterable[str]) -> list[Source]:
    views = [view for name in references if (view := room.held(staff.session, name)) is not None]
    sources = [source for view in views for source in list(view.sources.values())]
    if end_what_ended(gw, sources):
        gw.bus.publish(f"staff:{staff.institution}")
    # Two grants of one patient may give the same record: it is one result.
    return list({source.basis.under: source for source in sources}.values())


def _place(result: Result) -> Place:
    return Place(result.source, result.ref)


def _may_count(ref: str, json_text: str, codes: frozenset[str]) -> bool:
    # Cheaper than parsing what cannot match; whether it does is judged on the parsed resource.
    if not ref.startswith("Observation/"):
        return ref.startswith(_ALWAYS)
    return any(f'"{code.rpartition("|")[2]}"' in json_text for code in codes)


def _says_the_same(copy: Result, original: Result) -> bool:
    """Whether the custodian still stands by what was filed: a correction may have come since."""
    return (copy.status, copy.value, copy.absent, copy.unfit, None) == (
        original.status,
        original.value,
        original.absent,
        original.unfit,
        original.replaced_by,
    )


def _results(resources: list[Any]) -> list[Any]:
    return [each for each in resources if each["resourceType"] in ("Observation", "DiagnosticReport")]


def _specimen_of(resource: Any) -> str:
    named = resource.get("specimen")
    reference = named.get("reference") if isinstance(named, dict) else None
    return reference if type(reference) is str else ""


def _for_context(received: dict[str, Received]) -> list[Any]:
    return [parse(one.json_text) for ref, one in received.items() if ref.partition("/")[0] in _CONTEXT_KINDS]


def _unseen(source: Source) -> frozenset[str]:
    scope = source.basis.scope
    # An end of the dates hides what came after the sample; a beginning cannot, for the sample lies after it.
    narrowed = bool(scope.get("codes") or scope.get("to")) or not scope.get("kinds")
    return frozenset(
        type_ for type_, kind in _CONTEXT_KINDS.items() if narrowed or kind not in scope["kinds"]
    )
