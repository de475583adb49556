"""The details behind a grant: read strictly, refused rather than guessed."""

import json
from pathlib import Path
from typing import Any

import pytest

from consent.details import MAX_DETAILS_BYTES
from consent.errors import Refusal
from consent.scope import Scope
from consent.terms import Clinician, GrantTerms, parse_terms
from consent.vocabulary import GRANT_PURPOSES

GRANTEE, REQUEST = "b2" * 16, "5e" * 32
DOCTOR = {"id": "s-17", "name": "林医生（合成）", "role": "physician"}
PLAIN: dict[str, Any] = {
    "grantee": GRANTEE,
    "clinician": DOCTOR,
    "role": None,
    "purpose": "TREAT",
    "scope": {"kinds": ["laboratory"]},
    "request": REQUEST,
}
NAUGHTY = Path(__file__).parents[2] / "../shared/data/vectors/json-parsing"


def text(**members: Any) -> str:
    return json.dumps({**PLAIN, **members}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def without(name: str) -> str:
    return json.dumps({key: value for key, value in PLAIN.items() if key != name})


REFUSED: dict[str, tuple[str, str]] = {
    "they are no JSON": ("{", "terms-malformed"),
    "they are a list": ("[]", "terms-malformed"),
    "they are empty": ("", "terms-malformed"),
    "a name stands twice": (text()[:-1] + ',"purpose":"TREAT"}', "terms-malformed"),
    "a name stands twice, deep inside": (
        text().replace('{"kinds"', '{"kinds":["imaging"],"kinds"'),
        "terms-malformed",
    ),
    "they hold a fraction": (text(request=1.5), "terms-malformed"),
    "they hold no number at all": (text().replace('"TREAT"', "NaN"), "terms-malformed"),
    "they hold a number of 5000 digits": (text().replace('"TREAT"', "9" * 5000), "terms-malformed"),
    "they are nested without end": ("[" * 50_000, "terms-malformed"),
    "they hold a lone surrogate": ("\ud800", "terms-malformed"),
    "they are longer than allowed": (text() + " " * MAX_DETAILS_BYTES, "terms-malformed"),
    "they have a member that nobody knows": (text(onward=True), "terms-unknown-member"),
    "they lack the grantee": (without("grantee"), "terms-missing-member"),
    "they lack the clinician, even as null": (without("clinician"), "terms-missing-member"),
    "they lack the role, even as null": (without("role"), "terms-missing-member"),
    "they lack the purpose": (without("purpose"), "terms-missing-member"),
    "they lack the scope": (without("scope"), "terms-missing-member"),
    "they lack the request": (without("request"), "terms-missing-member"),
    "the grantee is a name": (text(grantee="第二医院"), "terms-malformed"),
    "the request is cut short": (text(request=REQUEST[:-1]), "terms-malformed"),
    "both a clinician and a role are named": (text(role="physician"), "terms-grantee-unclear"),
    "neither a clinician nor a role is named": (text(clinician=None), "terms-grantee-unclear"),
    "the role is empty": (text(clinician=None, role=""), "terms-malformed"),
    "the clinician is a text": (text(clinician="s-17"), "terms-malformed"),
    "the clinician has a member too many": (text(clinician={**DOCTOR, "x": 1}), "terms-malformed"),
    "the clinician has no name": (text(clinician={**DOCTOR, "name": ""}), "terms-malformed"),
    "the clinician's name turns the line around": (
        text(clinician={**DOCTOR, "name": "a\u202eb"}),
        "terms-malformed",
    ),
    "the clinician's name is endless": (text(clinician={**DOCTOR, "name": "a" * 201}), "terms-malformed"),
    "the purpose is unknown": (text(purpose="CURIOSITY"), "purpose-unknown"),
    "the purpose is no text": (text(purpose=["TREAT"]), "purpose-unknown"),
    "the purpose is marketing": (text(purpose="HMARKT"), "purpose-refused"),
    "the purpose is training": (text(purpose="TRAIN"), "purpose-refused"),
    "the purpose is breaking the glass": (text(purpose="BTG"), "purpose-refused"),
    "the scope is refused": (text(scope={"kinds": ["laboratory"], "x": 1}), "scope-unknown-member"),
}


@pytest.mark.parametrize(("details", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_details_are_refused_when(details: str, expected: str) -> None:
    refusal = parse_terms(details)
    assert isinstance(refusal, Refusal)
    assert refusal.code == expected


def test_details_for_a_clinician_are_read() -> None:
    scope = Scope(frozenset({"laboratory"}), None, None, frozenset(), frozenset(), frozenset())
    doctor = Clinician("s-17", "林医生（合成）", "physician")
    assert parse_terms(text()) == GrantTerms(GRANTEE, doctor, None, "TREAT", scope, REQUEST)


def test_details_for_a_role_are_read() -> None:
    terms = parse_terms(text(clinician=None, role="physician"))
    assert isinstance(terms, GrantTerms)
    assert (terms.clinician, terms.role) == (None, "physician")


@pytest.mark.parametrize("purpose", sorted(GRANT_PURPOSES))
def test_every_purpose_that_can_be_granted_is_read(purpose: str) -> None:
    assert isinstance(parse_terms(text(purpose=purpose)), GrantTerms)


@pytest.mark.skipif(not NAUGHTY.is_dir(), reason="needs ../shared/data/vectors/json-parsing")
def test_the_json_parsing_suite_gives_refusals_and_no_error() -> None:
    files = sorted(NAUGHTY.rglob("*.json"))
    assert files
    for file in files:
        details = file.read_bytes().decode("utf-8", "surrogateescape")
        assert isinstance(parse_terms(details), Refusal), file.name
