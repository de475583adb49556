"""Permit or deny: each rule of the stated order alone, then the order."""

from dataclasses import replace
from typing import Any

import pytest

from consent.decision import RULES, Deny, Permit, decide
from consent.scope import Scope
from consent.terms import Clinician, GrantTerms
from tests.consent.world import CLINIC, DAY, HOSPITAL, HOUR, LIMITS, NOW, World, phone

SCOPE = Scope(frozenset({"laboratory"}), None, None, frozenset(), frozenset(), frozenset())
TERMS = GrantTerms(CLINIC, Clinician("s-17", "林医生（合成）", "physician"), None, "TREAT", SCOPE, "5e" * 32)
TO_ROLE = replace(TERMS, clinician=None, role="physician")
VISIT, OTHER = "11" * 16, "22" * 16


def granted(**members: Any) -> tuple[World, str]:
    world = World()
    world.open()
    return world, world.give(**members)


def ask(world: World, given: str, **members: Any) -> Permit | Deny:
    plain: dict[str, Any] = {
        "grant_id": given,
        "terms": TERMS,
        "grantee": CLINIC,
        "clinician_id": "s-17",
        "role": "physician",
        "purpose": "TREAT",
        "visit": None,
        "custodian": HOSPITAL,
        "now": world.time,
        "time": world.time,
    }
    return decide(world, **{**plain, **members})


DENIED: dict[str, tuple[dict[str, Any], str]] = {
    "no purpose is named": ({"purpose": None}, "purpose-missing"),
    "an empty purpose is named": ({"purpose": ""}, "purpose-missing"),
    "a purpose is named that nobody knows": ({"purpose": "treat"}, "purpose-unknown"),
    "the purpose is marketing": (
        {"purpose": "HMARKT", "terms": replace(TERMS, purpose="HMARKT")},
        "purpose-refused",
    ),
    "the purpose is training": (
        {"purpose": "TRAIN", "terms": replace(TERMS, purpose="TRAIN")},
        "purpose-refused",
    ),
    "the purpose is breaking the glass": ({"purpose": "BTG"}, "purpose-refused"),
    "the purpose is emergency and the grant for treatment": ({"purpose": "ETREAT"}, "purpose-differs"),
    "the purpose is treatment and the grant for emergency": (
        {"terms": replace(TERMS, purpose="ETREAT")},
        "purpose-differs",
    ),
    "the purpose is a broader one": ({"purpose": "HOPERAT"}, "purpose-differs"),
    "another custodian is asked": ({"custodian": CLINIC}, "custodian-differs"),
    "the grant is unknown": ({"grant_id": "0" * 64}, "grant-unknown"),
    "the grant expired this instant": ({"time": NOW + HOUR}, "grant-expired"),
    "the custodian's clock is past the end": ({"now": NOW + HOUR}, "grant-expired"),
    "the details are erased or never came": ({"terms": None}, "terms-missing"),
    "another institution asks": ({"grantee": HOSPITAL}, "grantee-differs"),
    "another clinician of the grantee asks": ({"clinician_id": "s-18"}, "clinician-differs"),
    "another role of the grantee asks": ({"terms": TO_ROLE, "role": "nurse"}, "role-differs"),
}


@pytest.mark.parametrize(("members", "expected"), DENIED.values(), ids=DENIED.keys())
def test_a_request_is_denied_when(members: dict[str, Any], expected: str) -> None:
    world, grant_id = granted()
    answer = ask(world, grant_id, **members)
    assert isinstance(answer, Deny)
    assert answer.code == answer.reasons[0] == expected


def test_a_request_by_the_named_clinician_is_permitted_with_the_scope() -> None:
    world, grant_id = granted()
    assert ask(world, grant_id) == Permit(SCOPE, True)


def test_a_request_by_anybody_of_the_named_role_is_permitted() -> None:
    world, grant_id = granted()
    assert ask(world, grant_id, terms=TO_ROLE, clinician_id="s-99") == Permit(SCOPE, True)


def test_a_request_a_millisecond_before_the_end_is_permitted() -> None:
    world, grant_id = granted()
    assert isinstance(ask(world, grant_id, time=NOW + HOUR - 1, now=NOW + HOUR - 1), Permit)


def test_a_request_is_denied_before_the_grant_begins_and_permitted_when_it_does() -> None:
    world, grant_id = granted(not_before=NOW + 1)
    assert ask(world, grant_id) == Deny("grant-not-begun", ("grant-not-begun",))
    assert isinstance(ask(world, grant_id, now=NOW + 1), Permit)


def test_a_request_is_denied_once_the_grant_is_revoked() -> None:
    world, grant_id = granted()
    world.must("grant.revoke", phone(), grant=grant_id)
    assert ask(world, grant_id) == Deny("grant-revoked", ("grant-revoked",))


def test_a_request_is_denied_once_the_link_is_closed() -> None:
    world, grant_id = granted()
    world.must("link.close", phone())
    assert ask(world, grant_id) == Deny("link-closed", ("link-closed",))


def test_a_request_is_denied_once_the_desk_has_changed_the_keys() -> None:
    world, grant_id = granted(not_after=NOW + DAY)
    world.rekey()
    assert ask(world, grant_id) == Deny("grant-ended-by-rekey", ("grant-ended-by-rekey",))


def test_a_visit_is_joined_while_it_runs_and_refused_when_over() -> None:
    world, grant_id = granted(max_visits=2)
    world.disclose(grant_id, VISIT)
    assert ask(world, grant_id, visit=VISIT) == Permit(SCOPE, False)
    assert ask(world, grant_id, visit=OTHER) == ask(world, grant_id) == Permit(SCOPE, True)
    world.time += LIMITS["visit_ms"]
    assert ask(world, grant_id, visit=VISIT) == Deny("visit-over", ("visit-over",))


def test_a_new_visit_is_denied_when_all_are_spent_while_the_running_one_goes_on() -> None:
    world, grant_id = granted(max_visits=1)
    world.disclose(grant_id, VISIT)
    assert ask(world, grant_id) == Deny("visits-spent", ("visits-spent",))
    assert ask(world, grant_id, visit=VISIT) == Permit(SCOPE, False)


def test_a_contested_link_goes_on_with_what_was_given_before_the_contest() -> None:
    world = World()
    world.open()
    change = world.rekey()
    world.time += DAY
    grant_id = world.give(phone("new phone"))
    world.must("link.contest", phone(), entry=change)
    assert isinstance(ask(world, grant_id), Permit)


def test_all_reasons_are_given_in_the_stated_order() -> None:
    world, grant_id = granted(max_visits=1)
    world.disclose(grant_id, VISIT)
    answer = ask(
        world,
        grant_id,
        purpose="ETREAT",
        custodian=CLINIC,
        now=NOW + HOUR,
        grantee=HOSPITAL,
        clinician_id="x",
    )
    assert answer == Deny(
        "custodian-differs",
        (
            "custodian-differs",
            "grant-expired",
            "grantee-differs",
            "clinician-differs",
            "purpose-differs",
            "visits-spent",
        ),
    )


def test_the_order_of_rules_is_the_stated_one() -> None:
    assert [rule.__name__ for rule in RULES] == [
        "_purpose_is_named",
        "_custodian_holds_the_link",
        "_grant_is_in_force",
        "_terms_are_on_file",
        "_grantee_is_named",
        "_person_is_named",
        "_purpose_is_the_granted_one",
        "_visit_is_open",
    ]


def test_state_that_cannot_be_read_is_an_outage_and_no_answer() -> None:
    class Broken(World):
        def get(self, key: str) -> dict[str, Any] | None:
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="disk"):
        ask(Broken(), "0" * 64)
