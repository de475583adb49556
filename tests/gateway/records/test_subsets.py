"""A resource cut down to its summary or some elements: what stays, what goes, and that it says so."""

import json
import tarfile
from typing import Any

import pytest

from gateway.records.definitions.summaries import OF_TYPE
from gateway.records.elements.json_text import hash_of
from gateway.records.searching.query import Query, Refusal, parse_query
from gateway.records.searching.subsets import SUBSETTED, Subset, cut
from tests.gateway.records.store import DATA, Store, observation, patient, report

PACKAGE = DATA / "schema" / "hl7.fhir.r4.core-4.0.1.tgz"
WHOLE = {
    "resourceType": "Observation",
    "id": "o",
    "meta": {"versionId": "1", "tag": [{"system": "urn:x", "code": "kept"}]},
    "implicitRules": "urn:rules",
    "text": {"status": "generated", "div": "<div/>"},
    "modifierExtension": [{"url": "urn:m", "valueBoolean": True}],
    "status": "final",
    "_status": {"extension": [{"url": "urn:e"}]},
    "code": {"text": "x"},
    "category": [{"text": "y"}],
    "subject": {"reference": "Patient/p"},
    "effectiveDateTime": "2020",
    "_effectiveDateTime": {"extension": [{"url": "urn:e"}]},
    "valueQuantity": {"value": 2.5},
    "referenceRange": [{"text": "1–3"}],
    "note": [{"text": "z"}],
    "component": [{"code": {"text": "c"}, "valueString": "v", "referenceRange": [{"text": "1"}]}],
}
OF_ALL = {"id", "meta", "implicitRules", "language", "text", "contained", "extension", "modifierExtension"}
ALWAYS = {"resourceType", "id", "meta", "implicitRules", "modifierExtension", "status", "_status"}


def elements(*names: str) -> Subset:
    return Subset("elements", frozenset(names))


CUTS = {
    "the summary": (
        Subset("true"),
        {"code", "subject", "effectiveDateTime", "_effectiveDateTime", "valueQuantity", "component"},
    ),
    "the text": (Subset("text"), {"code", "text"}),
    "all but the text": (Subset("data"), set(WHOLE) - {"text"} - ALWAYS),
    "one element": (elements("note"), {"note", "code"}),
    "an element of several datatypes": (
        elements("value", "effective"),
        {"valueQuantity", "effectiveDateTime", "_effectiveDateTime", "code"},
    ),
    "an element by its full name": (
        Subset("elements", frozenset({"valueQuantity"})),
        {"valueQuantity", "code"},
    ),
    "an element that is not there": (Subset("elements", frozenset({"colour"})), {"code"}),
    "the beginning of an element's name": (Subset("elements", frozenset({"cate", "referenceR"})), {"code"}),
}


@pytest.mark.parametrize(("subset", "names"), CUTS.values(), ids=CUTS)
def test_a_cut_keeps(subset: Subset, names: set[str]) -> None:
    part = json.loads(cut(json.dumps(WHOLE), subset))
    assert set(part) == ALWAYS | names
    assert part["meta"]["tag"] == [{"system": "urn:x", "code": "kept"}, SUBSETTED]


def test_a_summary_leaves_out_what_is_no_summary_inside() -> None:
    part = json.loads(cut(json.dumps(WHOLE), Subset("true")))
    assert part["component"] == [{"code": {"text": "c"}, "valueString": "v"}]


def test_numbers_keep_their_digits() -> None:
    text = '{"resourceType":"Observation","id":"o","valueQuantity":{"value":2.00},"note":[]}'
    assert '"value":2.00' in cut(text, Subset("true"))


@pytest.mark.parametrize("broken", ["text", "code", "component", "meta", "status"])
def test_broken_elements_are_cut_all_the_same(broken: str) -> None:
    for value in (None, True, "x", [], {}, [None], [[]], [{"code": 1}]):
        if broken == "meta" and not isinstance(value, dict):
            continue  # refused at import
        for subset in (
            Subset("true"),
            Subset("text"),
            Subset("data"),
            Subset("elements", frozenset({"code"})),
        ):
            assert json.loads(cut(json.dumps({**WHOLE, broken: value}), subset))["id"] == "o"


def test_what_leaves_is_what_is_hashed(store: Store) -> None:
    store.take(patient(), observation(note=[{"text": "x"}]))
    whole, *_ = store.search("Observation").records
    part, *_ = store.search("Observation", ("_elements", "status")).records
    assert len(part.json_text) < len(whole.json_text)
    for each in (whole, part):
        assert each.json_hash == hash_of(each.json_text)


def test_elements_speak_of_the_matches_and_a_summary_of_all(store: Store) -> None:
    results = [{"reference": "Observation/o1"}]
    store.take(patient(), observation(note=[{"text": "x"}]), report(result=results, conclusion="x"))
    along = ("_include", "DiagnosticReport:result")

    def noted(*pairs: tuple[str, str]) -> dict[str, bool]:
        records = store.search("DiagnosticReport", along, *pairs).records
        return {each.mode: '"note"' in each.json_text or '"conclusion"' in each.json_text for each in records}

    assert noted() == {"match": True, "include": True}
    assert noted(("_elements", "status")) == {"match": False, "include": True}
    assert noted(("_summary", "true")) == {"match": False, "include": False}


P = ("patient", "p")
SHAPES: dict[str, tuple[list[tuple[str, str]], Subset | None]] = {
    "nothing is said": ([], None),
    "everything is wanted": ([("_summary", "false")], None),
    "the summary is wanted": ([("_summary", "true")], Subset("true")),
    "elements are named": ([("_elements", "code,status")], elements("code", "status")),
    "elements are named twice": (
        [("_elements", "code"), ("_elements", "value[x]")], elements("code", "value")),
}  # fmt: skip


@pytest.mark.parametrize(("pairs", "subset"), SHAPES.values(), ids=SHAPES)
def test_the_part_that_is_wanted_when(pairs: list[tuple[str, str]], subset: Subset | None) -> None:
    query = parse_query("Observation", [P, *pairs])
    assert isinstance(query, Query)
    assert query.subset == subset


REFUSED = {
    "a summary that is none": ([("_summary", "yes")], "invalid-value"),
    "a summary and elements": ([("_summary", "true"), ("_elements", "code")], "not-supported"),
    "the text alone with what comes along": (
        [("_summary", "text"), ("_include", "Observation:encounter")], "not-supported"),
    "an element with a path": ([("_elements", "code.text")], "invalid-value"),
    "an empty element": ([("_elements", "")], "invalid-value"),
    "too many elements": ([("_elements", ",".join(["code"] * 51))], "invalid-value"),
    "a total that is none": ([("_total", "some")], "invalid-value"),
    "a modifier": ([("_summary:not", "true")], "not-supported"),
}  # fmt: skip


@pytest.mark.parametrize(("pairs", "code"), REFUSED.values(), ids=REFUSED)
def test_a_shape_is_refused_when_it_is(pairs: list[tuple[str, str]], code: str) -> None:
    refused = parse_query("Observation", [P, *pairs])
    assert isinstance(refused, Refusal)
    assert refused.code == code


@pytest.mark.skipif(not PACKAGE.exists(), reason="needs ../shared/data/schema/hl7.fhir.r4.core-4.0.1.tgz")
@pytest.mark.parametrize("type_", OF_TYPE)
def test_the_table_of_summaries_is_the_standards(type_: str) -> None:
    with tarfile.open(PACKAGE) as tar:
        member = tar.extractfile(f"package/StructureDefinition-{type_}.json")
        assert member is not None
        elements = json.loads(member.read())["snapshot"]["element"][1:]
    of_all = {
        "id",
        "meta",
        "implicitRules",
        "language",
        "text",
        "contained",
        "extension",
        "modifierExtension",
    }
    named = {each["path"].removeprefix(f"{type_}.").removesuffix("[x]"): each for each in elements}
    own = {path: each for path, each in named.items() if path.split(".")[-1] not in of_all}
    top = {path: each for path, each in own.items() if "." not in path}
    known = OF_TYPE[type_]
    assert known.summary == _those(top, lambda each: each.get("isSummary"))
    assert known.mandatory == _those(top, lambda each: each["min"] > 0)
    assert known.modifiers == _those(top, lambda each: each.get("isModifier"))
    inner = {path: each for path, each in own.items() if path.rpartition(".")[0] in known.summary}
    assert known.inside == _those(inner, lambda each: not each.get("isSummary"))


def _those(elements: dict[str, Any], wanted: Any) -> set[str]:
    return {path for path, each in elements.items() if wanted(each)}
