"""Hostile text and broken JSON never crash an import, and never come back changed."""

import json
from pathlib import Path

import pytest

from gateway.records.elements.json_text import NotJson, parse, write
from gateway.records.items import item_of_text
from gateway.records.patients import find_patients
from tests.gateway.records.store import DATA, WX, Store, observation, patient

PARSING = DATA / "vectors" / "json-parsing"
TEXTS = [
    "", "undefined", "NULL", "1/0", "0xFF", "١٢٣", "Ω≈ç√", "田中さん", "👨‍👩‍👧", "\u200b\u2060\ufeff",
    "\u202e abc",
    "Z̮̞̠͙", "<script>alert(1)</script>", "' OR 1=1 --", "%00", "{{7*7}}", "../../etc/passwd", "\\u0000",
    "\r\n\t", "a" * 100_000, "$(id)", "=1+1", "\U0010ffff", "ÅÄÖ", "ﷺ", "https://x.invalid/?q=%zz",
    "Patient?identifier=%", "urn:uuid:", "#",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_strange_text_is_kept_as_it_came(store: Store, text: str) -> None:
    strange = observation(
        valueString=text, code={"text": text, "coding": [{"system": text, "code": text}]},
        note=[{"text": text}], encounter={"reference": text, "display": text},
    )  # fmt: skip
    store.take(patient(name=[{"text": text}], identifier=[{"value": text}]), strange)
    assert store.refused == [] or store.codes == ["reference-unmatched"]
    if store.refused == []:
        resource = store.resource("Observation")
        assert (resource["valueString"], resource["note"]) == (text, [{"text": text}])
        assert item_of_text(store.row("Observation").json_text)["type"] == "Observation"
    with store.db.connect() as conn:
        find_patients(conn, WX, text)


def test_many_strange_texts_at_once_are_kept(store: Store) -> None:
    store.take(patient(), *(observation(f"o{n}", valueString=text) for n, text in enumerate(TEXTS)))
    kept = [parse(row.json_text)["valueString"] for row in store.rows("Observation")]
    assert len(kept) + len(store.refused) == len(TEXTS)
    assert set(store.codes) <= {"control-character", "text-not-unicode"}
    assert set(kept) <= set(TEXTS)


@pytest.mark.skipif(not PARSING.is_dir(), reason="needs ../shared/data/vectors/json-parsing")
def test_the_json_vectors_are_read_or_refused(store: Store, tmp_path: Path) -> None:
    paths = sorted(path for path in PARSING.rglob("*.json"))
    assert len(paths) > 150
    wrong = []
    for path in paths:
        data = path.read_bytes()
        try:
            value = parse(data.decode("utf-8"))
            if write(value) != write(parse(write(value))):
                wrong.append(f"{path.name} does not come back")
            if path.name.startswith("n_"):
                wrong.append(f"{path.name} must be refused")
        except (NotJson, UnicodeDecodeError):
            if path.name.startswith("y_") and "duplicated" not in path.name and not _has_control(data):
                wrong.append(f"{path.name} must be read")
    assert wrong == []
    store.take_files(*paths)
    assert sum(store.report.refused.values()) >= len(paths)
    assert store.rows() == []


def _has_control(data: bytes) -> bool:
    """FHIR strings hold no control characters, JSON's may."""
    return any(mark in data for mark in (b"\\u00", b"\\b", b"\\f"))


@pytest.mark.skipif(not PARSING.is_dir(), reason="needs ../shared/data/vectors/json-parsing")
def test_a_value_of_any_json_shape_never_crashes_an_import(store: Store) -> None:
    store.take(patient())
    for path in sorted(PARSING.rglob("y_*.json")):
        value = path.read_text("utf-8")
        for element in (
            "code",
            "valueQuantity",
            "encounter",
            "category",
            "meta",
            "referenceRange",
            "contained",
        ):
            body = json.dumps(observation(**{element: "HERE"})).replace('"HERE"', value)
            store.take_text(body)
    for row in store.rows("Observation"):
        assert item_of_text(row.json_text)["type"] == "Observation"
