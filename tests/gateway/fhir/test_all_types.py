"""Every served type over HTTP: found, read, in the standard's form, and bound to the grant's scope."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from consent.vocabulary import KINDS
from gateway.disclosure.openings import opening_of
from gateway.fhir.search_types import SERVED
from tests.gateway.disclosure.world import World, disclosures_of, give
from tests.gateway.fhir.chart import import_chart
from tests.gateway.fhir.conftest import Peer
from tests.gateway.fhir.schema_check import faults

SCHEMA = Path(__file__).resolve().parents[3] / "../shared/data/schema/fhir.schema.r4.json.gz"
EVERYTHING = {"scope": {"kinds": sorted(KINDS), "sensitive": ["HIV"]}}
KIND_OF = {
    "Observation": "laboratory", "DiagnosticReport": "laboratory", "ImagingStudy": "imaging",
    "MedicationRequest": "medication", "AllergyIntolerance": "allergy", "Condition": "condition",
    "Immunization": "immunization", "Procedure": "procedure", "DocumentReference": "document",
    "Encounter": "encounter", "ServiceRequest": "order", "Provenance": "other",
}  # fmt: skip


@pytest.fixture
def chart(world: World) -> World:
    import_chart(world)
    return world


@pytest.fixture(scope="module")
def fhir_schema() -> dict[str, Any]:
    if not SCHEMA.exists():
        pytest.skip("the FHIR R4 JSON schema is missing: ../shared/data/schema/fhir.schema.r4.json.gz")
    schema: dict[str, Any] = json.loads(gzip.decompress(SCHEMA.read_bytes()))
    return schema


def whose(type_: str) -> str:
    return "Patient?" if type_ == "Patient" else f"{type_}?patient={{p}}&"


def entries(answer: Any, mode: str = "match") -> list[dict[str, Any]]:
    return [each["resource"] for each in answer.json.get("entry", []) if each["search"]["mode"] == mode]


@pytest.mark.parametrize("type_", SERVED)
def test_a_type_is_searched_and_read_in_the_standards_form(
    type_: str, peer: Peer, chart: World, fhir_schema: dict[str, Any]
) -> None:
    token = peer.token(give(chart, terms=EVERYTHING))
    answer = peer.get(whose(type_), token)
    assert answer.status_code == 200, answer.text
    assert answer.json["total"] == len(entries(answer)) > 0
    assert faults(fhir_schema, answer.json) == []
    for resource in entries(answer):
        read = peer.get(f"{type_}/{resource['id']}", token)
        assert (read.status_code, read.json) == (200, resource)


@pytest.mark.parametrize("type_", [name for name in SERVED if name != "Patient"])
def test_a_type_is_closed_when_its_kind_is_not_granted(type_: str, peer: Peer, chart: World) -> None:
    every = peer.token(give(chart, terms=EVERYTHING))
    ids = [each["id"] for each in entries(peer.get(whose(type_), every))]
    # The name of a record that does not exist, so that the token holds the type at all.
    narrow = peer.token(give(chart, terms={"scope": {"kinds": [], "records": [f"{type_}/none"]}}))
    assert peer.get(whose(type_), narrow).json["total"] == 0
    for id_ in ids:
        assert peer.get(f"{type_}/{id_}", narrow).status_code == 404


@pytest.mark.parametrize("type_", KIND_OF)
def test_a_type_is_opened_by_its_kind_alone(type_: str, peer: Peer, chart: World) -> None:
    token = peer.token(give(chart, terms={"scope": {"kinds": [KIND_OF[type_]]}}))
    assert entries(peer.get(whose(type_), token))


@pytest.mark.parametrize("type_", KIND_OF)
def test_a_single_record_of_a_type_is_opened_by_its_name_alone(type_: str, peer: Peer, chart: World) -> None:
    every = peer.token(give(chart, terms=EVERYTHING))
    chosen = entries(peer.get(whose(type_), every))[-1]["id"]
    token = peer.token(
        give(chart, terms={"scope": {"kinds": [], "records": [f"{type_}/{chosen}"], "sensitive": ["HIV"]}})
    )
    assert [each["id"] for each in entries(peer.get(whose(type_), token))] == [chosen]


ALONG = (
    "DiagnosticReport?patient={p}&_include=DiagnosticReport:result",
    "Observation?patient={p}&_include=Observation:has-member&_include=Observation:encounter",
    "ImagingStudy?patient={p}&_include=ImagingStudy:encounter",
    "Observation?patient={p}&_revinclude=Provenance:target",
    "Patient?_revinclude=Provenance:target",
    "Observation?patient={p}&_summary=true",
    "Observation?patient={p}&_summary=text",
    "Observation?patient={p}&_summary=data",
    "DiagnosticReport?patient={p}&_elements=result&_include=DiagnosticReport:result",
    "Patient?_summary=true",
    "Encounter?patient={p}&_summary=true",
    "DocumentReference?patient={p}&_summary=true",
)


@pytest.mark.parametrize("path", ALONG)
def test_what_comes_along_or_is_cut_has_the_standards_form_and_stands_in_the_disclosure(
    path: str, peer: Peer, chart: World, fhir_schema: dict[str, Any]
) -> None:
    answer = peer.get(path, peer.token(give(chart, terms=EVERYTHING)))
    assert answer.status_code == 200, answer.text
    assert faults(fhir_schema, answer.json) == []
    urls = [each["fullUrl"] for each in answer.json["entry"]]
    assert len(urls) == len(set(urls))
    details = newest_details(chart)
    texts = re.findall(r'"resource":(.*?),"search":\{"mode":"(?:match|include)"\}', answer.text)
    assert details["records"] == [
        [url.removeprefix(f"{chart.base}/fhir/"), hashlib.sha256(text.encode()).hexdigest()]
        for url, text in zip(urls, texts, strict=True)
    ]
    assert sum(details["counts"].values()) == len(urls)


def newest_details(world: World) -> dict[str, Any]:
    """What the newest disclosure says was released."""
    with world.gw.db.connect() as conn:
        opening = opening_of(conn, disclosures_of(world)[-1].payload["commitment"])
    assert opening is not None
    details: dict[str, Any] = json.loads(opening["details"])
    return details


def test_matches_and_what_comes_along_are_told_apart(peer: Peer, chart: World) -> None:
    answer = peer.get(ALONG[0], peer.token(give(chart, terms={"scope": {"kinds": ["laboratory"]}})))
    (report,) = entries(answer)
    results = {each["reference"].partition("/")[2] for each in report["result"]}
    assert {each["id"] for each in entries(answer, "include")} == results
    assert answer.json["total"] == 1


def test_a_token_for_one_type_brings_no_other_type_along(peer: Peer, chart: World) -> None:
    grant = give(chart, terms=EVERYTHING)
    path = "Observation?patient={p}&_include=Observation:encounter&_revinclude=Provenance:target"
    every, only = peer.token(grant), peer.token(grant, scope="system/Observation.rs")
    assert {each["resourceType"] for each in entries(peer.get(path, every), "include")} == {
        "Encounter", "Provenance",
    }  # fmt: skip
    assert entries(peer.get(path, only), "include") == []


def test_the_self_link_says_what_was_understood(peer: Peer, chart: World) -> None:
    token = peer.token(give(chart))
    path = (
        "Observation?patient={p}&_include=Observation:encounter&_elements=code&_totalMethod=count&_sort=date"
    )
    (link,) = peer.get(path, token).json["link"]
    assert link["url"] == (
        f"{chart.base}/fhir/Observation?patient={chart.patient_id}"
        "&_include=Observation%3Aencounter&_elements=code&_sort=date"
    )


def test_the_next_page_keeps_what_was_asked(peer: Peer, chart: World) -> None:
    """Also of a first page that was asked leniently: the parameters that count were understood then."""
    token = peer.token(give(chart, terms={"scope": {"kinds": ["laboratory", "encounter"]}}))
    path = "Observation?patient={p}&_count=3&colour=red&_include=Observation:encounter&_elements=encounter"
    answer = peer.get(path, token, Prefer="handling=lenient")
    (following,) = [each["url"] for each in answer.json["link"] if each["relation"] == "next"]
    second = peer.get(following, token)
    assert second.status_code == 200
    assert all(
        set(each) >= {"status", "code"} and "effectiveDateTime" not in each for each in entries(second)
    )


def test_an_own_address_is_as_good_as_the_id(peer: Peer, chart: World) -> None:
    token = peer.token(give(chart, terms=EVERYTHING))
    (visit, *_) = entries(peer.get("Encounter?patient={p}", token))
    by_id = peer.get(f"Observation?patient={{p}}&encounter={visit['id']}", token).json
    by_url = peer.get(
        f"Observation?patient={chart.base}/fhir/Patient/{{p}}&encounter={chart.base}/fhir/Encounter/{visit['id']}",
        token,
    ).json
    assert by_url["total"] == by_id["total"] > 0
