"""References in all equal forms, names, modifiers and labels: what they find and what they leave."""

from typing import Any

import pytest

from gateway.records.searching.filters import Refusal
from gateway.records.searching.query import Query, parse_query
from gateway.records.searching.search import search
from tests.gateway.records.store import WX, Store, encounter, observation, patient

BASE = "https://own.example/i/a/fhir"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
HEIGHT = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"


def found(store: Store, name: str, value: str, type_: str = "Observation") -> int | None:
    """How many of the only patient's records match, asked by one who knows our own address."""
    who = store.patient()
    query = parse_query(type_, [("patient", who), (name, value)], base=BASE)
    assert isinstance(query, Query), query
    with store.db.connect() as conn:
        return search(conn, WX, who, query, None).total


REFERENCES = {
    "the id alone": ("encounter", "{id}", 1),
    "type and id": ("encounter", "Encounter/{id}", 1),
    "our own address": ("encounter", BASE + "/Encounter/{id}", 1),
    "the type in the name": ("encounter:Encounter", "{id}", 1),
    "the type in both": ("encounter:Encounter", "Encounter/{id}", 1),
    "one of several": ("encounter", "nothing,{id}", 1),
    "several, by our own address": ("encounter", BASE + "/Encounter/x," + BASE + "/Encounter/{id}", 1),
    "another type in the name": ("encounter:EpisodeOfCare", "{id}", 0),
    "types that contradict each other": ("encounter:Encounter", "Patient/{id}", 0),
    "another type": ("encounter", "Observation/{id}", 0),
    "a foreign address with our id": ("encounter", "https://b.example/fhir/Encounter/{id}", 0),
    "no such id": ("encounter", "nothing", 0),
    "the id in another case": ("encounter", "ENCOUNTER/{id}", 0),
    "a version": ("encounter", "Encounter/{id}/_history/1", 0),
}


@pytest.mark.parametrize(("name", "value", "total"), REFERENCES.values(), ids=REFERENCES)
def test_a_reference_finds(store: Store, name: str, value: str, total: int) -> None:
    store.take(
        patient(), encounter(), observation(encounter={"reference": "Encounter/e1"}), observation("o2")
    )
    assert found(store, name, value.replace("{id}", store.row("Encounter").id)) == total


def test_a_foreign_reference_is_found_by_the_very_same_text(store: Store) -> None:
    far = "https://b.example/fhir/ServiceRequest/7"
    store.take(patient(), observation(basedOn=[{"reference": far}]))
    assert found(store, "based-on", far) == 1
    for other in ("7", "ServiceRequest/7", far + "/", far.upper(), "http://b.example/fhir/ServiceRequest/7"):
        assert found(store, "based-on", other) == 0


@pytest.mark.parametrize("form", ["{}", "Patient/{}", BASE + "/Patient/{}"])
@pytest.mark.parametrize("name", ["patient", "subject", "subject:Patient", "patient:Patient"])
def test_a_patient_is_named_in_equal_forms(store: Store, name: str, form: str) -> None:
    store.take(patient(), observation())
    who = store.patient()
    query = parse_query("Observation", [(name, form.format(who))], base=BASE)
    assert isinstance(query, Query)
    with store.db.connect() as conn:
        assert search(conn, WX, who, query, None).total == 1


NAMES = {
    "the beginning of a family name": ("family", "mül", 1),
    "without its accent": ("family", "Mul", 1),
    "the middle of it": ("family", "ller", 0),
    "the middle, when anywhere will do": ("family:contains", "LLER", 1),
    "exactly": ("family:exact", "Müller", 1),
    "exactly, in another case": ("family:exact", "müller", 0),
    "a given name": ("given", "秀", 1),
    "either name": ("name", "秀", 1),
    "a family name is no given name": ("given", "Müller", 0),
    "one of two": ("family", "x,mü", 1),
    "a comma that is escaped": ("family", r"x\,mü", 0),
    "a wildcard of the database": ("family", "m%", 0),
    "another wildcard": ("family:contains", "_", 0),
}


@pytest.mark.parametrize(("name", "value", "total"), NAMES.values(), ids=NAMES)
def test_a_name_is_found_by(store: Store, name: str, value: str, total: int) -> None:
    store.take(patient(name=[{"family": "Müller", "given": ["秀兰"]}]))
    assert store.search("Patient", (name, value)).total == total


MODIFIERS = {
    "not that status": ("status:not", "final", 1),
    "neither of two": ("status:not", "final,amended", 0),
    "not a code that nobody has": ("code:not", "nothing", 2),
    "without an encounter": ("encounter:missing", "true", 1),
    "with an encounter": ("encounter:missing", "false", 1),
    "without a date": ("date:missing", "true", 1),
    "with a value": ("value-quantity:missing", "false", 1),
    "without a value": ("value-quantity:missing", "true", 1),
    "with a code of its own or of a part": ("combo-code:missing", "false", 2),
    "without a tag": ("_tag:missing", "true", 2),
    "without a profile": ("_profile:missing", "false", 0),
    "without a label": ("_security:missing", "true", 2),
    "with a label": ("_security:missing", "false", 0),
}


@pytest.mark.parametrize(("name", "value", "total"), MODIFIERS.values(), ids=MODIFIERS)
def test_a_modifier_finds(store: Store, name: str, value: str, total: int) -> None:
    bare = observation("o2", status="amended", effectiveDateTime=None)
    far = {"reference": "https://b.example/fhir/Encounter/1"}
    store.take(patient(), observation(encounter=far, valueQuantity={"value": 1}), bare)
    assert found(store, name, value) == total


LABELS = {
    "a sensitivity, of any system": ("HIV", 2),
    "a sensitivity of its system": (f"{ACT_CODE}|HIV", 1),
    "a sensitivity of the other system": (f"{HEIGHT}|HIV", 0),
    "a sensitivity without system": ("|HIV", 0),
    "the height that comes with a sensitivity": (f"{HEIGHT}|R", 2),
    "the greatest height": ("V", 1),
    "any height": (f"{HEIGHT}|", 3),
    "any sensitivity": (f"{ACT_CODE}|", 2),
    "the height by itself is no sensitivity": (f"{ACT_CODE}|R", 0),
    "the normal height is never written": ("N", 0),
    "somebody else's label": ("urn:x|HIV", 1),
    "one of two": ("HIV,PSY", 3),
}


@pytest.mark.parametrize(("value", "total"), LABELS.values(), ids=LABELS)
def test_a_label_is_found_as_it_is_written(store: Store, value: str, total: int) -> None:
    def labelled(id_: str, *codes: tuple[str, str]) -> dict[str, Any]:
        return observation(
            id_, meta={"security": [{"system": system, "code": code} for system, code in codes]}
        )

    store.take(
        patient(), labelled("o1", (ACT_CODE, "HIV")), labelled("o2", (HEIGHT, "V"), (ACT_CODE, "PSY")),
        labelled("o3", (HEIGHT, "R")), labelled("o4", (HEIGHT, "N")), labelled("o5", ("urn:x", "HIV")),
    )  # fmt: skip
    assert found(store, "_security", value) == total
    assert found(store, "_security:not", value) == 5 - total


REFUSED = {
    "a token's text": ("code:text", "x"),
    "a value set": ("code:in", "http://vs"),
    "a code above": ("code:above", "x"),
    "an identifier of a reference": ("encounter:identifier", "x"),
    "a reference's text": ("encounter:text", "x"),
    "a date's modifier": ("date:exact", "2020"),
    "a quantity's modifier": ("value-quantity:not", "5"),
    "a profile's modifier": ("_profile:below", "http://p"),
    "a chain": ("encounter.date", "2020"),
    "a chain by type": ("encounter:Encounter.date", "2020"),
    "a chain to the patient": ("patient.name", "x"),
    "a reverse chain": ("_has:Provenance:target:agent", "x"),
    "the standard's filter language": ("_filter", "code eq x"),
    "a text search": ("_text", "x"),
    "a search of all content": ("_content", "x"),
    "a list": ("_list", "x"),
    "a named query": ("_query", "x"),
    "where a record came from": ("_source", "x"),
    "a parameter of another type": ("result", "x"),
    "missing on what is never missing": ("_id:missing", "true"),
    "missing on the time of the last change": ("_lastUpdated:missing", "true"),
}


@pytest.mark.parametrize(("name", "value"), REFUSED.values(), ids=REFUSED)
def test_a_filter_that_is_not_offered_is_refused(name: str, value: str) -> None:
    refused = parse_query("Observation", [("patient", "p"), (name, value)])
    assert isinstance(refused, Refusal), refused
    assert refused.code == "not-supported"


def test_what_the_store_keeps_for_itself_is_no_parameter() -> None:
    """An encounter takes the labels of its immunizations; the standard does not search by it."""
    refused = parse_query("Immunization", [("patient", "p"), ("encounter", "x")])
    assert isinstance(refused, Refusal)
    assert refused.code == "not-supported"
    left_out = parse_query("ImagingStudy", [("patient", "p"), ("_code", "x")])
    assert isinstance(left_out, Query)
    assert left_out.filters == ()


INVALID = {
    "a quantity of words": ("value-quantity", "high"),
    "a quantity with two parts": ("value-quantity", "5|mg"),
    "a quantity with four parts": ("value-quantity", "5|a|b|c"),
    "a quantity without number": ("value-quantity", "|http://x|mg"),
    "a quantity in other digits": ("value-quantity", "５"),
    "a quantity with a leading zero": ("value-quantity", "05"),
    "a quantity of endless digits": ("value-quantity", "1" * 200),
    "an infinite quantity": ("value-quantity", "Infinity"),
    "an empty reference": ("encounter", ""),
    "one empty reference of two": ("encounter", "a,"),
    "a very long reference": ("encounter", "x" * 300),
    "missing that is neither": ("encounter:missing", "perhaps"),
    "an empty profile": ("_profile", ""),
    "too many references": ("encounter", ",".join("x" * 51)),
}


@pytest.mark.parametrize(("name", "value"), INVALID.values(), ids=INVALID)
def test_a_value_is_refused_when_it_is(name: str, value: str) -> None:
    refused = parse_query("Observation", [("patient", "p"), (name, value)])
    assert isinstance(refused, Refusal), refused
    assert refused.code == "invalid-value"


def test_an_empty_name_is_refused() -> None:
    for value in ("", " ", "\u0301"):
        refused = parse_query("Patient", [("name", value)])
        assert isinstance(refused, Refusal), value
        assert refused.code == "invalid-value"
