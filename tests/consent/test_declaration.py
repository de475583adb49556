"""The form of a declaration and of a broken glass's details: one reading at both institutions."""

import json
from typing import Any

import pytest

from consent.declaration import (
    LONGEST_WORDS,
    Declaration,
    GlassTerms,
    glass_details,
    parse_declaration,
    parse_glass_terms,
)
from consent.terms import Clinician
from consent.vocabulary import GLASS_REASONS
from tests.consent.world import CLINIC, HOSPITAL, NOW, code

PERSON = {"id": "s-17", "name": "林医生（合成）", "role": "physician", "department": "急诊科"}
VALID: dict[str, Any] = {
    "ledger": "e" * 64,
    "institution": CLINIC,
    "custodian": HOSPITAL,
    "identifier": {"system": None, "value": "WX20180417"},
    "birth_date": "1946-03-08",
    "clinician": PERSON,
    "reason": "unconscious",
    "text": None,
    "ttl_ms": 1,
    "at": NOW,
    "nonce": "0" * 32,
}
MISSING = object()


def changed(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in {**VALID, **members}.items() if value is not MISSING}


def person(**members: Any) -> dict[str, Any]:
    return changed(clinician={**PERSON, **members})


def number(value: Any, system: Any = None) -> dict[str, Any]:
    return changed(identifier={"system": system, "value": value})


GOOD: dict[str, dict[str, Any]] = {
    "as it is": VALID,
    "with a system": number("1", "urn:oid:2.16.156.10011.1.3"),
    "with words": changed(text="青霉素过敏史不详"),
    "with the longest words": changed(text="急" * LONGEST_WORDS),
    "without a department": person(department=""),
    "with a number of one character": number("1"),
}

BAD: dict[str, tuple[object, str]] = {
    "it is no object": ([VALID], "declaration-malformed"),
    "a member is too many": (changed(more=1), "declaration-malformed"),
    "a member is missing": (changed(text=MISSING), "declaration-malformed"),
    "the identifier is a text": (changed(identifier="1"), "declaration-malformed"),
    "the identifier says more": (
        changed(identifier={"system": None, "value": "1", "use": "official"}),
        "declaration-malformed",
    ),
    "the number is empty": (number(""), "declaration-malformed"),
    "the number is huge": (number("1" * 201), "declaration-malformed"),
    "the number holds a lone surrogate": (number("1\ud800"), "declaration-malformed"),
    "the system is a number": (number("1", 7), "declaration-malformed"),
    "the birth date is a month": (changed(birth_date="1946-03"), "declaration-malformed"),
    "the birth date is no day": (changed(birth_date="1946-02-30"), "declaration-malformed"),
    "the birth date is written without dashes": (changed(birth_date="19460308"), "declaration-malformed"),
    "the birth date has full-width digits": (changed(birth_date="１９４６-03-08"), "declaration-malformed"),
    "the birth date is null": (changed(birth_date=None), "declaration-malformed"),
    "the clinician is null": (changed(clinician=None), "declaration-malformed"),
    "the clinician lacks a department": (
        changed(clinician={name: PERSON[name] for name in ("id", "name", "role")}),
        "declaration-malformed",
    ),
    "the clinician's name is empty": (person(name=""), "declaration-malformed"),
    "the clinician's department has a line break": (person(department="a\nb"), "declaration-malformed"),
    "the institution is no id": (changed(institution="x"), "declaration-malformed"),
    "the custodian is no id": (changed(custodian=None), "declaration-malformed"),
    "the nonce is in capitals": (changed(nonce="A" * 32), "declaration-malformed"),
    "the ledger is a number": (changed(ledger=1), "declaration-malformed"),
    "the length is zero": (changed(ttl_ms=0), "declaration-malformed"),
    "the length is a truth": (changed(ttl_ms=True), "declaration-malformed"),
    "the time is a text": (changed(at="now"), "declaration-malformed"),
    "the reason is not on the list": (changed(reason="curiosity"), "declaration-reason-unknown"),
    "the reason is a list": (changed(reason=["unconscious"]), "declaration-reason-unknown"),
    "the words are empty": (changed(text=""), "declaration-malformed"),
    "the words are too long": (changed(text="急" * (LONGEST_WORDS + 1)), "declaration-malformed"),
    "the words turn around": (changed(text="a\u202eb"), "declaration-malformed"),
    "another emergency has no words": (changed(reason="other-emergency"), "declaration-text-missing"),
}


@pytest.mark.parametrize("value", GOOD.values(), ids=GOOD.keys())
def test_a_declaration_is_read(value: dict[str, Any]) -> None:
    found = parse_declaration(value)
    assert isinstance(found, Declaration)
    assert (found.system, found.value) == (value["identifier"]["system"], value["identifier"]["value"])
    assert (found.text, found.department) == (value["text"], value["clinician"]["department"])
    assert found.clinician == Clinician("s-17", "林医生（合成）", "physician")


@pytest.mark.parametrize(("value", "expected"), BAD.values(), ids=BAD.keys())
def test_a_declaration_is_refused_when(value: object, expected: str) -> None:
    assert code(parse_declaration(value)) == expected


@pytest.mark.parametrize("reason", GLASS_REASONS)
def test_every_reason_can_be_declared_with_words(reason: str) -> None:
    assert isinstance(parse_declaration(changed(reason=reason, text="说明")), Declaration)


@pytest.mark.parametrize(
    ("value", "end"), [("WX20180417", "0417"), ("12345678", "5678"), ("1234567", ""), ("1", "")]
)
def test_the_end_of_a_number_is_told_only_when_it_says_little(value: str, end: str) -> None:
    found = parse_declaration(number(value))
    assert isinstance(found, Declaration)
    assert found.identifier_end == end


def test_what_the_custodian_commits_to_is_read_again() -> None:
    found = parse_declaration(VALID)
    assert isinstance(found, Declaration)
    details = glass_details(found, "h.p.s")
    terms = parse_glass_terms(json.dumps(details, ensure_ascii=False))
    assert terms == GlassTerms(CLINIC, found.clinician, "unconscious", "h.p.s")


DETAILS: dict[str, Any] = {
    "declaration": "h.p.s",
    "declaring": CLINIC,
    "user": {name: PERSON[name] for name in ("id", "name", "role")},
    "reason": "unconscious",
    "basis": "BTG",
}
BAD_DETAILS: dict[str, tuple[str, str]] = {
    "they are no JSON": ("x", "declaration-malformed"),
    "a name stands twice": ('{"a":1,"a":1}', "declaration-malformed"),
    "a member is missing": (json.dumps({**DETAILS, "user": None}), "declaration-malformed"),
    "a member is too many": (json.dumps({**DETAILS, "more": 1}), "declaration-malformed"),
    "the declarer is no id": (json.dumps({**DETAILS, "declaring": "x"}), "declaration-malformed"),
    "the basis is treatment": (json.dumps({**DETAILS, "basis": "TREAT"}), "declaration-malformed"),
    "the reason is not on the list": (
        json.dumps({**DETAILS, "reason": "curiosity"}),
        "declaration-reason-unknown",
    ),
    "the reason is a list": (json.dumps({**DETAILS, "reason": []}), "declaration-reason-unknown"),
    "the declaration is an object": (json.dumps({**DETAILS, "declaration": {}}), "declaration-malformed"),
}


@pytest.mark.parametrize(("text", "expected"), BAD_DETAILS.values(), ids=BAD_DETAILS.keys())
def test_details_are_refused_when(text: str, expected: str) -> None:
    assert code(parse_glass_terms(text)) == expected
