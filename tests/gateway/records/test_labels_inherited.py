"""Reports, documents, encounters and records of words take the highest label of what they hold or cite."""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from consent.vocabulary import ACT_CODE, CONFIDENTIALITY
from gateway.records.definitions.resource_types import TYPES
from gateway.records.elements.json_text import hash_of, parse
from gateway.records.elements.references import survey
from gateway.records.labelling.labels import stated_labels
from gateway.records.labelling.relabelling import relabel
from gateway.records.reindexing import reindex
from gateway.records.tables import record, record_reference
from tests.gateway.records.store import Store, encounter, observation, open_store, patient, report

PSY, HIV = "44261-6", "75622-1"  # PHQ-9, an HIV test
VISIT = {"reference": "Encounter/e1"}


def made(type_: str, id_: str, **elements: Any) -> dict[str, Any]:
    return {"resourceType": type_, "id": id_, "subject": {"reference": "Patient/p1"}, **elements}


def labels(store: Store) -> dict[str, str]:
    return {row.source_id: row.labels for row in store.rows() if row.type != "Patient"}


O1 = {"reference": "Observation/o1"}
CITING = {
    "a report its results": report("r1", result=[O1]),
    "a report its group": report("r1", result=[{"reference": "Observation/g1"}]),
    "a document the record it is about": made("DocumentReference", "r1", context={"related": [O1]}),
    "a page its entries": made("Composition", "r1", section=[{"section": [{"entry": [O1]}]}]),
    "an encounter its diagnosis": made("Encounter", "r1", diagnosis=[{"condition": O1}]),
    "a plan what it addresses": made("CarePlan", "r1", addresses=[O1]),
    "a note its reasons": made("ClinicalImpression", "r1", finding=[{"itemReference": O1}]),
    "who made a record": {"resourceType": "Provenance", "id": "r1", "target": [O1]},
    "a report of a report": report(
        "r1", extension=[{"valueReference": {"reference": "DiagnosticReport/r9"}}]
    ),
}


@pytest.mark.parametrize("first", ["cited", "citing"])
@pytest.mark.parametrize("citing", CITING.values(), ids=CITING)
def test_a_label_is_inherited_by(store: Store, citing: dict[str, Any], first: str) -> None:
    cited = [
        observation("o1", code=HIV),
        observation("g1", meta={"security": [{"system": ACT_CODE, "code": "HIV"}]}),
        report("r9", result=[O1]),
    ]  # fmt: skip
    store.take(patient())
    for each in [*cited, citing] if first == "cited" else [citing, *cited, citing]:
        store.take(each)
    assert store.refused == []
    row = next(row for row in store.rows() if row.source_id.endswith("/r1"))
    assert row.labels == "HIV"
    assert stated_labels(parse(row.json_text)) == {"HIV"}
    assert row.json_hash == hash_of(row.json_text)


INSIDE = {
    "an observation": observation("x", code=PSY, encounter=VISIT),
    "a prescription": made("MedicationRequest", "x", encounter=VISIT, medicationCodeableConcept={
        "coding": [{"system": "http://www.whocc.no/atc", "code": "N06AB06"}]}),
    "what was given": made("MedicationAdministration", "x", context=VISIT, medicationCodeableConcept={
        "coding": [{"system": "http://www.whocc.no/atc", "code": "N06AB06"}]}),
    "a document": made("DocumentReference", "x", context={"encounter": [VISIT]}, securityLabel=[
        {"coding": [{"system": ACT_CODE, "code": "PSY"}]}]),
    "a page that is confidential by its author's word": made(
        "Composition", "x", encounter=VISIT, meta={"security": [{"system": ACT_CODE, "code": "PSY"}]}),
    "a visit that is part of it": made("Encounter", "x", partOf=VISIT, type=[
        {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "F32"}]}]),
    "an allergy": {"resourceType": "AllergyIntolerance", "id": "x", "patient": {"reference": "Patient/p1"},
                   "encounter": VISIT, "code": {"coding": [{"system": "http://loinc.org", "code": PSY}]}},
}  # fmt: skip


@pytest.mark.parametrize("first", ["inside", "encounter"])
@pytest.mark.parametrize("inside", INSIDE.values(), ids=INSIDE)
def test_an_encounter_has_the_label_of(store: Store, inside: dict[str, Any], first: str) -> None:
    store.take(patient())
    for each in [inside, encounter()] if first == "inside" else [encounter(), inside]:
        store.take(each)
    assert labels(store)["Encounter/e1"] == "PSY"


WORDS = {
    "its code is words": (made("Observation", "w", encounter=VISIT, code={"text": "Clinical notes"}), "PSY"),
    "it has no code": (made("Condition", "w", encounter=VISIT), "PSY"),
    "its code has no system": (
        made("Condition", "w", encounter=VISIT, code={"coding": [{"code": "1"}]}), "PSY"),
    "beside its code stands a long note": (
        observation("w", encounter=VISIT, note=[{"text": "She says that " * 30}]), "PSY"),
    "its value is a paragraph": (observation("w", encounter=VISIT, valueString="He says that " * 30), "PSY"),
    "it is a drug by name": (
        made("MedicationStatement", "w", context=VISIT, medicationCodeableConcept={"text": "x"}), "PSY"),
    "it is a report": (report("w", encounter=VISIT, conclusion="x"), "PSY"),
    "it has a code": (observation("w", encounter=VISIT), ""),
    "it has a code and a short value": (observation("w", encounter=VISIT, valueString="positive"), ""),
    "it is words of another visit": (
        made("Observation", "w", encounter={"reference": "Encounter/e2"}, code={"text": "x"}), ""),
    "it is words of no visit": (made("Observation", "w", code={"text": "x"}), ""),
}  # fmt: skip


@pytest.mark.parametrize(("record", "label"), WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("first", ["before", "after"])
def test_beside_a_sensitive_record_of_its_visit_a_record_is_labelled_when(
    store: Store, record: dict[str, Any], label: str, first: str
) -> None:
    visit = [encounter(), observation("s", code=PSY, encounter=VISIT)]
    store.take(patient())
    for each in [record, *visit] if first == "before" else [*visit, record]:
        store.take(each)
    own = next(row for row in store.rows() if row.source_id.endswith("/w"))
    assert (own.own_labels, own.labels) == ("", label)


def test_a_label_spreads_when_the_cited_record_changes_and_goes_when_it_is_corrected(store: Store) -> None:
    store.take(patient(), encounter(), observation("o1", encounter=VISIT))
    store.take(
        report("r1", result=[{"reference": "Observation/o1"}]), made("Observation", "w", encounter=VISIT)
    )
    for code, expected in ((HIV, "HIV"), ("718-7", ""), (PSY, "PSY")):
        store.take(observation("o1", code=code, encounter=VISIT))
        assert set(labels(store).values()) == {expected}


def test_a_report_that_no_longer_cites_a_sensitive_result_is_open_again(store: Store) -> None:
    cites = [{"reference": "Observation/o1"}]
    store.take(patient(), observation("o1", code=HIV), report("r1", result=cites))
    store.take(report("r1", result=[]))
    assert labels(store) == {"Observation/o1": "HIV", "DiagnosticReport/r1": ""}


def test_an_encounter_that_a_sensitive_record_leaves_is_open_again(store: Store) -> None:
    store.take(patient(), encounter(), encounter("e2"), observation("o1", code=HIV, encounter=VISIT))
    store.take(observation("o1", code=HIV, encounter={"reference": "Encounter/e2"}))
    assert labels(store) == {"Encounter/e1": "", "Encounter/e2": "HIV", "Observation/o1": "HIV"}


@pytest.mark.parametrize("length", [20, 150])
def test_a_result_of_another_server_labels_the_report_that_cites_its_address(
    store: Store, length: int
) -> None:
    address = f"https://lab.example/{'x' * length}/Observation/o1"
    cites = [{"reference": f"{address}/_history/2"}]
    store.take({"fullUrl": "https://a.example/Patient/p1", "resource": patient()})
    named = {"subject": {"reference": "https://a.example/Patient/p1"}}
    store.take(
        {"fullUrl": "https://a.example/DiagnosticReport/r1", "resource": {**report(result=cites), **named}}
    )
    assert store.row("DiagnosticReport").labels == ""
    store.take({"fullUrl": address, "resource": {**observation(code=HIV), **named}})
    assert store.row("DiagnosticReport").labels == "HIV"


def security(*codes: str) -> dict[str, Any]:
    return {"meta": {"security": [{"system": ACT_CODE, "code": code} for code in codes]}}


RESTRICTED = {"coding": [{"system": CONFIDENTIALITY, "code": "R"}]}
STATED = {
    "the document's own label": (made("DocumentReference", "x", securityLabel=[RESTRICTED]), "R"),
    "the page's confidentiality": (made("Composition", "x", confidentiality="V"), "V"),
    "a normal confidentiality": (made("Composition", "x", confidentiality="N"), ""),
    "what is contained": (
        observation("x", contained=[{"resourceType": "Condition", "id": "c", **security("SDV")}]), "SDV"),
    "more labels than can be kept": (
        observation("x", **security(*(f"{number:032}" for number in range(99)))), "V"),
}  # fmt: skip


@pytest.mark.parametrize(("resource", "label"), STATED.values(), ids=STATED)
def test_a_record_is_labelled_by(store: Store, resource: dict[str, Any], label: str) -> None:
    store.take(patient(), resource)
    assert next(row.labels for row in store.rows() if row.source_id.endswith("/x")) == label


def test_the_label_of_a_document_bundle_is_its_first_pages(store: Store) -> None:
    meta = {"security": [{"system": ACT_CODE, "code": "PSY"}]}
    store.take(made("Composition", "x"), patient(), observation(), type_="document", meta=meta)
    assert labels(store) == {"Composition/x": "PSY", "Observation/o1": ""}


def test_a_senders_id_that_looks_like_one_of_ours_does_not_lead_labels_astray(store: Store) -> None:
    store.take(patient(), observation("o1", code=HIV), report("r1", result=[{"reference": "Observation/o1"}]))
    ours = store.row("Observation").id
    store.take(observation(ours), report("r2", result=[{"reference": f"Observation/{ours}"}]))
    found = labels(store)
    assert (found["DiagnosticReport/r1"], found[f"Observation/{ours}"]) == ("HIV", "")
    assert found["DiagnosticReport/r2"] == ""


def test_labels_of_an_earlier_release_are_judged_anew(store: Store) -> None:
    visit = [encounter(), observation("s", code=PSY, encounter=VISIT), observation("o1", code=HIV)]
    store.take(patient(), *visit, made("Observation", "w", encounter=VISIT), report("r1", result=[O1]))
    expected = labels(store)
    with store.db.begin() as conn:  # as if no rule and no table had been there
        for row in store.rows():
            text = row.json_text.replace('"code":"HIV"', '"code":"N"').replace('"code":"PSY"', '"code":"N"')
            conn.execute(
                update(record).where(record.c.number == row.number).values(
                    own_labels="", labels="", json_text=text)
            )  # fmt: skip
        conn.execute(delete(record_reference))
    store.now += 1000
    reindex(store.db)
    assert relabel(store.db, lambda: store.now) == len(expected) == 5
    assert labels(store) == expected
    assert {row.version for row in store.rows() if row.type != "Patient"} == {2}
    assert all(stated_labels(parse(row.json_text)) == set(row.labels.split()) for row in store.rows())
    assert relabel(store.db, lambda: store.now) == 0


# Whatever arrives in whatever order: as if all labels were worked out from the beginning.

_IDS = ("a", "b", "c", "d")
_TYPES = ("Observation", "DiagnosticReport", "Encounter", "Composition")
_NAMES = [f"{type_}/{id_}" for type_, id_ in itertools.product(_TYPES, _IDS)]
_CODES = st.sampled_from([None, None, "718-7", PSY, HIV])


@st.composite
def _resource(draw: st.DrawFn) -> dict[str, Any]:
    type_, id_ = draw(st.sampled_from(_NAMES)).split("/")
    code = draw(_CODES)
    concept = (
        {"text": "words"} if code is None else {"coding": [{"system": "http://loinc.org", "code": code}]}
    )
    visit = draw(st.sampled_from([None, *_IDS]))
    cites = draw(st.lists(st.sampled_from(_NAMES), max_size=3, unique=True))
    return {
        **made(type_, id_, **{"type" if type_ in ("Encounter", "Composition") else "code": concept}),
        **({"encounter": {"reference": f"Encounter/{visit}"}} if visit else {}),
        "extension": [{"valueReference": {"reference": each}} for each in cites],
    }


def expected_labels(store: Store) -> dict[str, set[str]]:
    """Each record's labels, worked out plainly from the stored texts."""
    rows = [row for row in store.rows() if row.type != "Patient"]
    texts = {f"{row.type}/{row.id}": parse(row.json_text) for row in rows}
    found = {f"{row.type}/{row.id}": set(row.own_labels.split()) for row in rows}
    takes: dict[str, set[str]] = defaultdict(set)
    for name, text in texts.items():
        visit = text.get("encounter", {}).get("reference")
        if visit in texts:
            takes[visit].add(name)
        concept = text.get("code") or text.get("type") or {}
        if TYPES[text["resourceType"]].cites:
            takes[name] |= {node["reference"] for node in survey(text).references} & texts.keys()
        elif "coding" not in concept and visit in texts:
            takes[name].add(visit)
        if text["resourceType"] == "Encounter":
            for other in takes[name]:
                if other.startswith("Encounter/"):
                    takes[other].add(name)
    while any(_take_over(found, takes)):
        pass
    return found


def _take_over(found: dict[str, set[str]], takes: dict[str, set[str]]) -> Iterator[bool]:
    for holder, sources in list(takes.items()):
        more = set[str]().union(*(found[source] for source in sources))
        if not more <= found[holder]:
            found[holder] |= more
            yield True


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(_resource(), min_size=1, max_size=6), min_size=1, max_size=6))
def test_labels_are_those_that_a_fresh_look_would_find(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[dict[str, Any]]]
) -> None:
    store = Store(open_store(Path(tmp_path_factory.mktemp("labels"))))
    try:
        store.take(patient())
        for batch in batches:
            unique = {(each["resourceType"], each["id"]): each for each in batch}
            store.take(*unique.values())
            expected = expected_labels(store)
            for row in store.rows():
                if row.type != "Patient":
                    assert set(row.labels.split()) == expected[f"{row.type}/{row.id}"]
                    assert stated_labels(parse(row.json_text)) == set(row.labels.split())
                    assert row.json_hash == hash_of(row.json_text)
    finally:
        store.db.dispose()
