"""The form of every kind of entry: what is there, what is missing, what has the wrong type."""

from typing import Any

import pytest

from consent.lifecycle import ConsentContract
from consent.members import FORMS, member_fault
from tests.consent.world import code, name32

HASH, ID, KEY = "0" * 64, "0" * 32, name32("x")

VALID: dict[str, dict[str, Any]] = {
    "link.open": {"institution": ID, "key": KEY, "proof": "a.b.c"},
    "link.keys": {"key": KEY, "rights": ["give", "manage", "revoke"], "proof": "a.b.c"},
    "link.confirm": {"entry": HASH},
    "link.contest": {"entry": HASH},
    "link.settle": {"stay": [KEY]},
    "link.close": {},
    "grant.give": {"not_before": 0, "not_after": 1, "max_visits": 1, "commitment": KEY},
    "grant.revoke": {"grant": HASH},
    "disclosure.made": {"under": HASH, "visit": ID, "commitment": KEY},
    "glass.broken": {"ttl_ms": 1, "commitment": KEY},
    "glass.closed": {"glass": HASH},
    "glass.reviewed": {"glass": HASH, "commitment": KEY},
    "look.made": {"commitment": KEY},
    "result.reused": {"commitment": KEY},
    "details.erased": {"record": 0, "basis": "court-order"},
}
OPTIONAL = {
    ("link.open", "key"),
    ("link.open", "proof"),
    ("grant.give", "not_before"),
    ("grant.give", "max_visits"),
}
COMMON = {"ledger": HASH, "subject": ID, "at": 0}
WRONG: dict[str, object] = {
    "null": None,
    "true": True,
    "a negative number": -1,
    "a number beyond every reader": 2**53,
    "an empty text": "",
    "an empty object": {},
    "a list of numbers": [1],
    "a list in a list": [[KEY]],
    "a text with a newline at its end": HASH + "\n",
    "hex in capitals": "A" * 64,
    "full-width digits": "０" * 32,
    "base64 with bits left over": KEY[:-1] + "B",
    "a lone surrogate": "\ud800",
    "a list that names one thing twice": [KEY, KEY],
    "a list that is longer than any link": [name32(str(n)) for n in range(65)],
}


def payload(kind: str, **members: object) -> dict[str, Any]:
    return {**COMMON, "kind": kind, **VALID[kind], **members}


def test_every_kind_of_the_contract_has_one_form() -> None:
    assert set(FORMS) == set(VALID) == set(ConsentContract.kinds)


@pytest.mark.parametrize("kind", VALID)
def test_the_form_itself_is_accepted(kind: str) -> None:
    assert member_fault(kind, payload(kind)) is None


@pytest.mark.parametrize("kind", VALID)
def test_a_member_too_many_is_refused(kind: str) -> None:
    assert code(member_fault(kind, payload(kind, extra=1))) == "member-unknown"


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, form in VALID.items() for name in form])
def test_a_member_too_few_is_refused_unless_it_is_optional(kind: str, name: str) -> None:
    lacking = payload(kind)
    del lacking[name]
    # of a key and its proof, neither is optional alone
    expected = None if (kind, name) in OPTIONAL and name not in ("key", "proof") else "member-missing"
    fault = member_fault(kind, lacking)
    assert (fault.code if fault else None) == expected


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, form in VALID.items() for name in form])
def test_a_member_of_the_wrong_form_is_refused(kind: str, name: str, wrong: object) -> None:
    fault = member_fault(kind, payload(kind, **{name: wrong}))
    assert code(fault) == ("rights-wrong" if name == "rights" else "member-wrong")


@pytest.mark.parametrize(
    "rights",
    [[], ["revoke", "give"], ["give", "give"], ["read"], ["give", "Manage"], "give", [["give"]], [1]],
    ids=str,
)
def test_rights_that_are_not_a_sorted_list_of_known_ones_are_refused(rights: object) -> None:
    assert code(member_fault("link.keys", payload("link.keys", rights=rights))) == "rights-wrong"


@pytest.mark.parametrize("rights", [["give"], ["manage"], ["revoke"], ["give", "revoke"]], ids=str)
def test_any_sorted_choice_of_rights_is_well_formed(rights: list[str]) -> None:
    assert member_fault("link.keys", payload("link.keys", rights=rights)) is None


def test_a_removal_names_a_key_and_nothing_else() -> None:
    removal = {**COMMON, "kind": "link.keys", "remove": KEY}
    assert member_fault("link.keys", removal) is None
    assert code(member_fault("link.keys", {**removal, "rights": ["give"]})) == "member-unknown"
    assert code(member_fault("link.keys", {**removal, "remove": 1})) == "member-wrong"


def test_a_link_opened_without_a_key_is_well_formed() -> None:
    assert member_fault("link.open", {**COMMON, "kind": "link.open", "institution": ID}) is None


def test_the_senders_words_are_not_repeated() -> None:
    fault = member_fault("link.close", payload("link.close", 张三的糖尿病=1))
    assert fault is not None
    assert "张三" not in fault.detail
