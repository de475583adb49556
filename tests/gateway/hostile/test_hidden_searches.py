"""Whoever may search cannot tell by any search whether a hidden record exists.

The same questions are asked before what is hidden arrives and after it, and with the id of a hidden record
and with one that is nobody's. Byte for byte the answers are the same, but for the disclosure's entry and the
words of page links, which are new each time.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from consent.vocabulary import KINDS
from gateway.records.tables import record
from tests.gateway.disclosure.world import World, disclosures_of, give, import_into, make_world
from tests.gateway.fhir import chart
from tests.gateway.fhir.conftest import Peer

# Every kind, and no sensitive code: the HIV test, its report, its visit and what speaks of it stay closed.
GRANTED = {"scope": {"kinds": sorted(KINDS)}}
HIDDEN = {"Observation/hiv", "DiagnosticReport/mixed", "Encounter/hidden", "Provenance/of-hiv",
          "Provenance/of-both"}  # fmt: skip
NEW_EACH_TIME = ("Date", "X-Request-Id", "Yaoshi-Disclosure")

SEARCHES = (
    "Observation?patient={p}",
    "Observation?patient={p}&_summary=count",
    "Observation?patient={p}&_count=0",
    "Observation?patient={p}&_count=1",
    "Observation?patient={p}&_total=none",
    "Observation?patient={p}&_total=estimate",
    "Observation?patient={p}&_sort=date",
    "Observation?patient={p}&_sort=-date&_count=2",
    "Observation?patient={p}&_sort=_id",
    "Observation?patient={p}&_sort=-_lastUpdated",
    "Observation?patient={p}&_lastUpdated=ge2026-01-01",
    "Observation?patient={p}&code=http://loinc.org|75622-1",
    "Observation?patient={p}&combo-code=75622-1",
    "Observation?patient={p}&code:not=http://loinc.org|15074-8",
    "Observation?patient={p}&_security=HIV",
    "Observation?patient={p}&_security:not=HIV",
    "Observation?patient={p}&_security:missing=false",
    "Observation?patient={p}&encounter:missing=true",
    "Observation?patient={p}&value-quantity:missing=true",
    "Observation?patient={p}&has-member:missing=false&_include=Observation:has-member",
    "Observation?patient={p}&_include=Observation:encounter&_revinclude=Provenance:target",
    "DiagnosticReport?patient={p}&_include=DiagnosticReport:result",
    "DiagnosticReport?patient={p}&_include=DiagnosticReport:result&_summary=true",
    "DiagnosticReport?patient={p}&_include=DiagnosticReport:result&_count=1",
    "Encounter?patient={p}",
    "Encounter?patient={p}&_revinclude=Provenance:target",
    "Provenance?patient={p}",
    "Provenance?target=Patient/{p}&_summary=count",
    "Patient?_revinclude=Provenance:target",
    "Observation?patient={p}&_has:Provenance:target:recorded=2026",
    "Observation?patient={p}&encounter.class=AMB",
)
# With <id>: the id of a hidden record there, or of nobody's.
NAMING = {
    "Observation/hiv": (
        "Observation/<id>", "Observation/<id>/_history/1", "Observation/<id>/_history/9",
        "Observation?_id=<id>", "Observation?_id=<id>,x&_summary=count",
        "Observation?patient={p}&has-member=<id>", "Observation?patient={p}&has-member:Observation=<id>",
        "DiagnosticReport?patient={p}&result=Observation/<id>", "DiagnosticReport?patient={p}&result=<id>",
        "Provenance?target=Observation/<id>", "Provenance?target=<id>",
        "Observation?_id=<id>&_include=Observation:encounter&_revinclude=Provenance:target",
        "DiagnosticReport/<id>", "Observation?patient=<id>",
    ),
    "Encounter/hidden": (
        "Encounter/<id>", "Encounter?_id=<id>", "Observation?patient={p}&encounter=<id>",
        "Observation?patient={p}&encounter=Encounter/<id>&_include=Observation:encounter",
        "DiagnosticReport?patient={p}&encounter=<id>&_summary=count",
    ),
    "Provenance/of-hiv": ("Provenance/<id>", "Provenance?_id=<id>"),
    "DiagnosticReport/mixed": (
        "DiagnosticReport/<id>", "DiagnosticReport?_id=<id>&_include=DiagnosticReport:result",
        "Provenance?target=DiagnosticReport/<id>",
    ),
}  # fmt: skip
FUTURE = "Fri, 01 Jan 2027 00:00:00 GMT"
VALIDATORS = ({}, {"If-None-Match": "*"}, {"If-None-Match": 'W/"1"'}, {"If-Modified-Since": FUTURE},
              {"Prefer": "handling=lenient"})  # fmt: skip


@pytest.fixture
def world(gw: Any) -> World:
    made = make_world(gw)
    bring(made, [each for each in chart.resources() if name_of(each) not in HIDDEN])
    return made


@pytest.fixture
def peer(flask_app: Any, world: World) -> Peer:
    return Peer(flask_app.test_client(), world)


def name_of(resource: dict[str, Any]) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def bring(world: World, resources: list[dict[str, Any]]) -> None:
    """Imports some of the chart; a panel says itself what its members are: here it names the visible one."""
    for each in resources:
        if each["id"] == "panel":
            each["hasMember"] = chart.refer("Observation/glucose")
    entries = [{"fullUrl": f"urn:chart:{name_of(each)}", "resource": each} for each in resources]
    import_into(world.gw, world.custodian, {"resourceType": "Bundle", "type": "collection", "entry": entries})


def bring_hidden(world: World) -> dict[str, str]:
    """Imports what is hidden; gives its ids by the names of its source."""
    bring(world, [each for each in chart.resources() if name_of(each) in HIDDEN])
    with world.gw.db.connect() as conn:
        rows = conn.execute(select(record.c.source_id, record.c.id, record.c.labels)).all()
    found = {row.source_id: (row.id, row.labels) for row in rows if row.source_id in HIDDEN}
    assert {name: labels for name, (_, labels) in found.items()} == dict.fromkeys(HIDDEN, "HIV")
    return {name: id_ for name, (id_, _) in found.items()}


def told(answer: Any) -> tuple[int, str, set[tuple[str, str]]]:
    """All that an answer tells, but what is new each time."""
    headers = {(name, value) for name, value in answer.headers if name not in NEW_EACH_TIME}
    return answer.status_code, re.sub(r"_cursor=[\w-]+", "_cursor=", answer.text), headers


def test_searches_answer_the_same_before_what_is_hidden_is_there_and_after(peer: Peer, world: World) -> None:
    token = peer.token(give(world, terms=GRANTED))
    before = {path: told(peer.get(path, token)) for path in SEARCHES}
    bring_hidden(world)
    for path in SEARCHES:
        assert told(peer.get(path, token)) == before[path], path


def test_pages_end_where_they_did_before(peer: Peer, world: World) -> None:
    token = peer.token(give(world, terms=GRANTED))
    before = walk(peer, token)
    bring_hidden(world)
    assert walk(peer, token) == before
    assert len(before) > 3


def walk(peer: Peer, token: str) -> list[Any]:
    """What each page tells, one record on each."""
    found, path = [], "Observation?patient={p}&_count=1&_sort=-_lastUpdated"
    while path:
        answer = peer.get(path, token)
        found.append(told(answer))
        links = {link["relation"]: link["url"] for link in answer.json["link"]}
        path = links.get("next", "")
    return found


@pytest.mark.parametrize("name", NAMING)
def test_a_hidden_id_is_an_id_of_nobody(name: str, peer: Peer, world: World) -> None:
    token, hidden = peer.token(give(world, terms=GRANTED)), bring_hidden(world)[name]
    absent = "f" * len(hidden)
    for path in NAMING[name]:
        for headers in VALIDATORS:
            answers = [
                told(peer.get(path.replace("<id>", id_), token, **headers)) for id_ in (hidden, absent)
            ]
            status, body, more = answers[0]
            assert (status, body.replace(hidden, absent), more) == answers[1], (path, headers)


def test_a_hidden_id_leaves_the_same_trace_on_the_ledger(peer: Peer, world: World) -> None:
    """Neither says more in the account of looks: one disclosure each, of nothing."""
    token, hidden = peer.token(give(world, terms=GRANTED)), bring_hidden(world)["Observation/hiv"]
    counts = []
    for id_ in (hidden, "f" * len(hidden)):
        before = len(disclosures_of(world))
        for path in (f"Observation/{id_}", f"Observation?_id={id_}", f"Observation/{id_}/_history/1"):
            peer.get(path, token)
        counts.append(len(disclosures_of(world)) - before)
    assert counts == [3, 3]


def test_what_is_hidden_is_opened_by_its_code_and_only_then(peer: Peer, world: World) -> None:
    """The other side of it: the tests above would also pass if nothing were ever given."""
    hidden = bring_hidden(world)
    opened = peer.token(give(world, terms={"scope": {**GRANTED["scope"], "sensitive": ["HIV"]}}))
    for name, id_ in hidden.items():
        assert peer.get(f"{name.partition('/')[0]}/{id_}", opened).status_code == 200, name
    answer = peer.get("Observation?patient={p}&_security=HIV&_revinclude=Provenance:target", opened)
    modes = sorted(each["search"]["mode"] for each in answer.json["entry"])
    assert modes == ["include", "include", "match", "match"]
