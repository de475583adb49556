"""Quantities are found by number, unit and prefix, as wide as the searched number was written."""

import json

import pytest

from tests.gateway.records.store import Store, observation, patient

UCUM = "http://unitsofmeasure.org"
MMOL = {"unit": "mmol/L", "system": UCUM, "code": "mmol/L"}

# The stored quantity, the search, whether it matches.
MATCHES = {
    "the same number": ("5.4", {}, "5.4", True),
    "a number that rounds to it": ("5.35", {}, "5.4", True),
    "a number that rounds to the next": ("5.45", {}, "5.4", False),
    "more digits are searched more narrowly": ("5.44", {}, "5.40", False),
    "no digits behind the point": ("100.4", {}, "100", True),
    "a power of ten": ("0.0054", {}, "5.40e-3", True),
    "below zero": ("-2.5", {}, "-2.5", True),
    "zero": ("0", {}, "0", True),
    "ne: another": ("6", {}, "ne5", True),
    "ne: the same": ("5", {}, "ne5", False),
    "gt: more": ("5.4001", {}, "gt5.4", True),
    "gt: the same": ("5.4", {}, "gt5.4", False),
    "lt: less": ("5.39", {}, "lt5.4", True),
    "lt: the same": ("5.4", {}, "lt5.4", False),
    "ge: the same": ("5.40", {}, "ge5.4", True),
    "le: the same": ("5.4", {}, "le5.40", True),
    "sa: more": ("6", {}, "sa5.4", True),
    "eb: less": ("5", {}, "eb5.4", True),
    "ap: within a tenth": ("5.9", {}, "ap5.4", True),
    "ap: beyond a tenth": ("6.0", {}, "ap5.4", False),
    "one of two": ("7", {}, "5,7", True),
    "less than a number is less": ("5", {"comparator": "<"}, "lt5", True),
    "less than a number is not it": ("5", {"comparator": "<"}, "ge5", False),
    "at most a number may be it": ("5", {"comparator": "<="}, "ge5", True),
    "more than a number has no end": ("5", {"comparator": ">"}, "gt1000", True),
    "more than a number is not it": ("5", {"comparator": ">"}, "le5", False),
    "less than a number is no certain number": ("5", {"comparator": "<"}, "4.9", False),
    "a comparator that nobody knows": ("5", {"comparator": "~"}, "5", False),
    "system and code": ("5.4", MMOL, f"5.4|{UCUM}|mmol/L", True),
    "another code": ("5.4", MMOL, f"5.4|{UCUM}|mg/dL", False),
    "another system": ("5.4", MMOL, "5.4|urn:x|mmol/L", False),
    "a unit in another case": ("5.4", MMOL, f"5.4|{UCUM}|MMOL/L", False),
    "a code without system": ("5.4", MMOL, "5.4||mmol/L", True),
    "a person's word for the unit": ("5.4", {"unit": "mmol per litre"}, "5.4||mmol per litre", True),
    "that word is no code of a system": ("5.4", {"unit": "x"}, f"5.4|{UCUM}|x", False),
    "an annotation makes another unit": (
        "90", {"system": UCUM, "code": "mL/min/{1.73_m2}"}, f"90|{UCUM}|mL/min", False),
    "any unit": ("5.4", MMOL, "5.4", True),
    "an escaped bar in the unit": ("5.4", {"code": "a|b"}, r"5.4||a\|b", True),
}  # fmt: skip


@pytest.mark.parametrize(("value", "unit", "searched", "matches"), MATCHES.values(), ids=MATCHES)
def test_a_quantity_matches(
    store: Store, value: str, unit: dict[str, str], searched: str, matches: bool
) -> None:
    written = observation(valueQuantity={"value": "HERE", **unit})
    store.take(patient())
    store.take_text(_with_number(written, value))
    assert store.refused == []
    assert store.search("Observation", ("value-quantity", searched)).total == int(matches)


def _with_number(resource: object, value: str) -> str:
    return json.dumps(resource).replace('"HERE"', value)


@pytest.mark.parametrize("value", ["1e999999", "-1e400", '"5.4"', "true", "null", "{}", "[5.4]"])
def test_what_is_no_number_is_stored_and_not_found_by_one(store: Store, value: str) -> None:
    store.take(patient())
    store.take_text(_with_number(observation(valueQuantity={"value": "HERE"}), value))
    assert store.search("Observation").total == 1
    for searched in ("5.4", "gt0", "lt0", "ne5"):
        assert store.search("Observation", ("value-quantity", searched)).total == 0


def test_the_digits_leave_as_they_came(store: Store) -> None:
    store.take(patient())
    store.take_text(_with_number(observation(valueQuantity={"value": "HERE"}), "2.00"))
    (found,) = store.search("Observation", ("value-quantity", "2.0")).records
    assert '"value":2.00' in found.json_text
