"""Permit or deny in an emergency: each rule of the stated order alone, the order, and what is covered."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.decision import GLASS_RULES, Deny, Permit, decide, decide_glass
from consent.declaration import GlassTerms
from consent.facts import RecordFacts
from consent.scope import GLASS_SCOPE, parse_scope
from consent.terms import Clinician
from consent.vocabulary import CONFIDENTIALITY_OPEN, KINDS, RESTRICTED, SENSITIVITY
from tests.consent.world import CLINIC, HOSPITAL, HOUR, LIMITS, NOW, STEADY, World, phone, staff

TERMS = GlassTerms(CLINIC, Clinician("s-17", "林医生（合成）", "physician"), "unconscious", "a.b.c")
VISIT = "11" * 16
TTL = 4 * HOUR


def broken() -> tuple[World, str]:
    world = World()
    world.open()
    return world, world.break_glass()


def ask(world: World, glass_id: str, **members: Any) -> Permit | Deny:
    plain: dict[str, Any] = {
        "glass_id": glass_id,
        "terms": TERMS,
        "grantee": CLINIC,
        "clinician_id": "s-17",
        "purpose": "BTG",
        "visit": None,
        "custodian": HOSPITAL,
        "now": world.time,
        "time": world.time,
    }
    return decide_glass(world, **{**plain, **members})


DENIED: dict[str, tuple[dict[str, Any], str]] = {
    "no purpose is named": ({"purpose": None}, "purpose-missing"),
    "an empty purpose is named": ({"purpose": ""}, "purpose-missing"),
    "the purpose is treatment": ({"purpose": "TREAT"}, "purpose-differs"),
    "the purpose is emergency treatment": ({"purpose": "ETREAT"}, "purpose-differs"),
    "another custodian is asked": ({"custodian": CLINIC}, "custodian-differs"),
    "the glass is unknown": ({"glass_id": "0" * 64}, "glass-unknown"),
    "the glass ended this instant": ({"time": NOW + TTL}, "glass-expired"),
    "the custodian's clock is past the end": ({"now": NOW + TTL}, "glass-expired"),
    "the details are erased or never came": ({"terms": None}, "terms-missing"),
    "another institution asks": ({"grantee": HOSPITAL}, "declarer-differs"),
    "another clinician of the declarer asks": ({"clinician_id": "s-18"}, "declarer-differs"),
    "another institution's clinician of that id asks": (
        {"terms": replace(TERMS, declaring="c7" * 16)},
        "declarer-differs",
    ),
}


@pytest.mark.parametrize(("members", "expected"), DENIED.values(), ids=DENIED.keys())
def test_a_request_is_denied_when(members: dict[str, Any], expected: str) -> None:
    world, glass_id = broken()
    answer = ask(world, **{"glass_id": glass_id, **members})
    assert isinstance(answer, Deny)
    assert answer.code == answer.reasons[0] == expected


def test_the_declarer_is_permitted_everything_that_opens() -> None:
    world, glass_id = broken()
    assert ask(world, glass_id) == Permit(GLASS_SCOPE, visit_new=True)
    world.disclose(glass_id, VISIT)
    assert ask(world, glass_id, visit=VISIT) == Permit(GLASS_SCOPE, visit_new=False)


def test_a_visit_that_is_over_is_denied() -> None:
    world, glass_id = broken()
    world.disclose(glass_id, VISIT)
    world.time += LIMITS["visit_ms"]
    answer = ask(world, glass_id, visit=VISIT)
    assert isinstance(answer, Deny)
    assert answer.code == "visit-over"


@pytest.mark.parametrize("signer", ["patient", "review"])
def test_a_closed_glass_is_denied(signer: str) -> None:
    world, glass_id = broken()
    world.must("glass.closed", phone() if signer == "patient" else staff("review"), glass=glass_id)
    answer = ask(world, glass_id)
    assert isinstance(answer, Deny)
    assert answer.reasons == ("glass-closed",)


def test_all_reasons_stand_in_the_stated_order() -> None:
    world, glass_id = broken()
    answer = ask(world, glass_id, purpose="TREAT", custodian=CLINIC, grantee=HOSPITAL, time=NOW + TTL)
    assert isinstance(answer, Deny)
    assert answer.reasons == ("purpose-differs", "custodian-differs", "glass-expired", "declarer-differs")
    assert len(GLASS_RULES) == 6


def test_a_grant_never_covers_breaking_the_glass_nor_a_glass_a_grant() -> None:
    world, glass_id = broken()
    given = world.give()
    assert isinstance(ask(world, given), Deny)
    answer = decide(
        world,
        grant_id=glass_id,
        terms=None,
        grantee=CLINIC,
        clinician_id="s-17",
        role="physician",
        purpose="BTG",
        visit=None,
        custodian=HOSPITAL,
        now=NOW,
        time=NOW,
    )
    assert isinstance(answer, Deny)
    assert answer.reasons[:2] == ("purpose-refused", "grant-unknown")


LABELS = sorted({*SENSITIVITY, *CONFIDENTIALITY_OPEN, RESTRICTED})
CLOSED_LABELS = ["V", "HIDDEN", "TABOO", "", "hiv"]


def facts(kind: str, labels: frozenset[str]) -> RecordFacts:
    return RecordFacts("Observation", "o-1", kind, frozenset(), None, None, labels)


@STEADY
@given(st.sampled_from(KINDS), st.frozensets(st.sampled_from(LABELS)))
def test_every_kind_and_every_label_that_is_known_is_covered(kind: str, labels: frozenset[str]) -> None:
    assert GLASS_SCOPE.covers(facts(kind, labels))


@STEADY
@given(
    st.sampled_from(KINDS),
    st.frozensets(st.sampled_from(LABELS)),
    st.sampled_from(CLOSED_LABELS),
)
def test_very_restricted_hidden_and_unknown_labels_are_never_covered(
    kind: str, labels: frozenset[str], closed: str
) -> None:
    assert not GLASS_SCOPE.covers(facts(kind, labels | {closed}))


def test_the_scope_of_a_glass_is_one_that_a_grant_could_have_had() -> None:
    assert parse_scope(GLASS_SCOPE.to_dict()) == GLASS_SCOPE
