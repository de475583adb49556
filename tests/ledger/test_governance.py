"""Operators govern by votes: what passes, what is refused, and what a change does from the next record on."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.audit import export_log, verify_log
from ledger.committed import Committed
from ledger.errors import Refusal
from ledger.governance import OPEN_MAX, open_proposals
from ledger.members import TERM_MS
from ledger.registry import OPERATORS, validators
from tests.ledger import world
from tests.ledger.voting import (
    NEW_INSTITUTION,
    NEW_OPERATOR,
    Council,
    admit_institution,
    admit_operator,
    new_institution,
    rules,
)

LINK = world.link_id(1)


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    made = Council(tmp_path)
    yield made
    made.engine.close()


def _code(answer: Committed | Refusal) -> str | None:
    return answer.code if isinstance(answer, Refusal) else None


def test_three_of_four_agree_and_the_institution_joins_with_its_own_key(council: Council) -> None:
    proposal = council.propose(admit_institution())
    join = (f"{NEW_INSTITUTION}/offline", "institution.join", NEW_INSTITUTION)
    assert _code(council.vote(1, proposal)) is None
    assert council.refused(*join, proposal=proposal) == "entry-unknown-key"
    decided = council.vote(2, proposal)
    assert isinstance(decided, Committed)
    council.done(f"{world.HOSPITAL}/desk", "link.open", LINK, institution=world.HOSPITAL)
    opening = (f"{NEW_INSTITUTION}/desk", "link.open", world.link_id(2))
    assert council.refused(*opening, institution=NEW_INSTITUTION) == "entry-unknown-key"
    joined = council.done(*join, proposal=proposal)
    assert (joined.seq, joined.number) == (1, 7), "a number after those of the links before it"
    council.done(*opening, institution=NEW_INSTITUTION)
    with council.engine.view() as view:
        assert [one.code for one in view.institutions()] == ["WX", "WY", "ZZ"]
        assert [row.index for row in view.chain(NEW_INSTITUTION)] == [joined.index]
        registry = view.registry_subjects()
        assert [one.id for one in registry][-1] == NEW_INSTITUTION
        assert LINK not in [one.id for one in registry]
    assert _code(council.vote(3, proposal)) == "proposal-not-open"


def test_what_was_governed_replays_to_the_same_root(council: Council) -> None:
    proposal = council.decide(admit_operator())
    council.done(f"{NEW_OPERATOR}/vote", "operator.join", NEW_OPERATOR, proposal=proposal)
    council.operators.append(NEW_OPERATOR)
    proposal = council.decide(admit_institution())
    council.done(f"{NEW_INSTITUTION}/offline", "institution.join", NEW_INSTITUTION, proposal=proposal)
    council.decide({"do": "institution.retire", "institution": world.CLINIC})
    council.decide({"do": "operator.retire", "operator": council.operators[3]})
    file = io.BytesIO()
    with council.engine.view() as view:
        export_log(view, file)
        root = view.root
    file.seek(0)
    result = verify_log(file, world.contracts(), council.engine.id)
    assert (result.ok, result.root) == (True, root.hex()), result.first_difference


def test_an_operator_that_joined_votes_and_counts(council: Council) -> None:
    proposal = council.decide(admit_operator())
    assert council.get(OPERATORS) == {"active": world.consortium()}, "approved is not joined"
    council.done(f"{NEW_OPERATOR}/vote", "operator.join", NEW_OPERATOR, proposal=proposal)
    assert council.get(OPERATORS) == {"active": [*world.consortium(), NEW_OPERATOR]}
    council.operators.append(NEW_OPERATOR)
    with council.engine.view() as view:
        assert validators(view.get)[world.key(f"{NEW_OPERATOR}/validator")] == NEW_OPERATOR
    retire = council.propose({"do": "institution.retire", "institution": world.CLINIC})
    for by in (1, 2):
        assert _code(council.vote(by, retire)) is None
    assert council.get(f"institution/{world.CLINIC}")["retired"] is False, "3 of 5 are not more than 2/3"
    assert _code(council.vote(4, retire)) is None
    assert council.get(f"institution/{world.CLINIC}")["retired"] is True


@pytest.mark.parametrize(("operators", "needed"), [(1, 1), (2, 2), (3, 3), (4, 3), (5, 4), (6, 5), (7, 5)])
def test_more_than_two_thirds_decide(tmp_path: Path, operators: int, needed: int) -> None:
    council = Council(tmp_path, operators=operators)
    proposal = council.propose(rules())
    for by in range(1, needed):
        assert council.get("rules") is None
        assert _code(council.vote(by, proposal)) is None
    assert council.get("rules") is not None
    council.engine.close()


def test_a_no_a_second_vote_and_a_vote_that_is_no_vote(council: Council) -> None:
    proposal = council.propose(rules())
    assert _code(council.vote(1, proposal, accept=False)) is None
    assert _code(council.vote(1, proposal)) == "vote-given"
    assert _code(council.vote(0, proposal)) == "vote-given", "a proposal is its proposer's yes"
    assert _code(council.vote(2, proposal)) is None
    assert council.get("rules") is None
    assert _code(council.vote(3, proposal, accept="yes")) == "entry-members"  # type: ignore[arg-type]
    assert _code(council.vote(3, proposal)) is None
    assert council.get("rules") is not None
    assert council.get(f"proposal/{proposal}") is None, "what is decided leaves nothing in the state"


def test_a_proposal_is_over_after_its_term(council: Council) -> None:
    proposal = council.propose(rules())
    council.clock.now += TERM_MS + 60_000
    assert _code(council.vote(1, proposal)) == "proposal-not-open"
    with council.engine.view() as view:
        assert open_proposals(view.get, world.OPERATOR, council.clock.now) == []
    council.propose(rules())
    assert council.get(f"proposal/{proposal}") is None, "the next proposal clears what is over"


def test_an_operator_has_so_many_open_proposals(council: Council) -> None:
    for number in range(OPEN_MAX):
        council.propose(rules(version=2 + number))
    assert council.propose_refused(rules(version=99)) == "proposals-full"
    council.propose(rules(version=99), by=1)
    council.clock.now += TERM_MS + 60_000
    council.propose(rules(version=99))


def test_a_retired_operators_votes_keys_and_proposals_no_longer_count(council: Council) -> None:
    leaver = council.operators[3]
    own = council.propose(rules(version=5), by=3)
    supported = council.propose(rules(version=6), by=2)
    assert _code(council.vote(3, supported)) is None
    council.decide({"do": "operator.retire", "operator": leaver})
    assert council.get(OPERATORS) == {"active": council.operators[:3]}
    with council.engine.view() as view:
        assert leaver not in validators(view.get).values()
    assert council.propose_refused(rules(), by=3) == "key-retired"
    assert _code(council.vote(3, supported)) == "key-retired"
    assert _code(council.vote(0, own)) == "proposal-not-open"
    assert _code(council.vote(0, supported)) is None
    assert council.get("rules") is None, "two of three that count are not more than 2/3"
    assert _code(council.vote(1, supported)) is None
    assert council.get("rules")["steps"][0]["version"] == 6


def test_a_retired_operators_institutions_can_no_longer_write(council: Council) -> None:
    proposal = council.decide(admit_institution(operator=council.operators[1]))
    council.done(f"{NEW_INSTITUTION}/offline", "institution.join", NEW_INSTITUTION, proposal=proposal)
    council.done(f"{NEW_INSTITUTION}/desk", "link.open", LINK, institution=NEW_INSTITUTION)
    council.decide({"do": "operator.retire", "operator": council.operators[1]})
    assert council.refused(f"{NEW_INSTITUTION}/release", "look.made", LINK) == "key-retired"
    rotated = {"desk": world.key("another desk")}
    offline = f"{NEW_INSTITUTION}/offline"
    assert council.refused(offline, "institution.keys", NEW_INSTITUTION, keys=rotated) == "key-retired"
    with council.engine.view() as view:
        shown = view.institution(NEW_INSTITUTION)
        assert shown is not None
        assert shown.retired


def test_an_operator_moves_its_institution_and_then_leaves(council: Council) -> None:
    change = {"do": "institution.change", "institution": world.CLINIC, "operator": council.operators[2]}
    council.decide(change)
    council.decide({"do": "operator.retire", "operator": world.OPERATOR})
    with council.engine.view() as view:
        assert [(one.code, one.retired) for one in view.institutions()] == [("WX", True), ("WY", False)]


def test_an_institution_gets_another_name_and_address(council: Council) -> None:
    name = {"zh-CN": "新名", "en": "New name"}
    change = {
        "do": "institution.change",
        "institution": world.CLINIC,
        "name": name,
        "base": "https://x.example/i/1",
    }
    council.decide(change)
    with council.engine.view() as view:
        shown = view.institution(world.CLINIC)
    assert shown is not None
    assert (shown.name, shown.base, shown.operator) == (name, "https://x.example/i/1", world.OPERATOR)


def test_an_operators_keys_change_by_votes(council: Council) -> None:
    operator = council.operators[1]
    keys = {"vote": world.key("next vote"), "validator": world.key("next validator")}
    council.decide({"do": "operator.keys", "operator": operator, "keys": keys})
    assert council.propose_refused(rules(), by=1) == "key-retired"
    council.done("next vote", "operator.propose", operator, change=rules())
    assert (
        council.refused("next validator", "operator.propose", operator, change=rules(version=3)) == "key-use"
    ), "a validator's key never signs entries"
    with council.engine.view() as view:
        held = validators(view.get)
    assert held[world.key("next validator")] == operator
    assert world.key(f"{operator}/validator") not in held


def test_the_last_operator_stays(tmp_path: Path) -> None:
    council = Council(tmp_path, operators=1, validators=False)
    assert council.propose_refused({"do": "operator.retire", "operator": world.OPERATOR}) == "last-operator"
    council.engine.close()


def test_an_approval_ends_and_can_be_given_anew_with_other_keys(council: Council) -> None:
    first = council.decide(admit_institution())
    council.clock.now += TERM_MS + 60_000
    join = (f"{NEW_INSTITUTION}/offline", "institution.join", NEW_INSTITUTION)
    assert council.refused(*join, proposal=first) == "approval-missing"
    other = {**new_institution()["keys"], "offline": world.key("other offline")}
    second = council.decide(admit_institution(keys=other))
    assert council.refused(*join, proposal=second) == "key-retired"
    wrong = ("other offline", "institution.join", NEW_INSTITUTION)
    assert council.refused(*wrong, proposal=first) == "approval-missing"
    council.done(*wrong, proposal=second)


def test_two_parties_with_one_code_are_approved_and_one_of_them_joins(council: Council) -> None:
    other = "ef" * 16
    first = council.decide(admit_institution())
    second = council.decide({"do": "institution.admit", "institution": new_institution(other)})
    council.done(f"{other}/offline", "institution.join", other, proposal=second)
    late = (f"{NEW_INSTITUTION}/offline", "institution.join", NEW_INSTITUTION)
    assert council.refused(*late, proposal=first) == "party-known"


def test_a_change_that_became_impossible_is_not_decided(council: Council) -> None:
    proposal = council.propose(rules(version=2, start=500))
    assert _code(council.vote(1, proposal)) is None
    council.decide(rules(version=3, start=1000))
    assert _code(council.vote(2, proposal)) == "rules-order"


_VOTES = {"do": "operator.keys", "operator": world.OPERATOR}
IMPOSSIBLE: dict[str, tuple[Any, str]] = {
    "no change at all": (None, "change-form"),
    "a change of no known kind": ({"do": "operator.crown"}, "change-form"),
    "a kind that is a list": ({"do": ["operator.admit"]}, "change-form"),
    "a member too many": ({**rules(), "more": 1}, "change-form"),
    "an operator that is a number": ({"do": "operator.admit", "operator": 7}, "change-form"),
    "an institution that is a list": ({"do": "institution.admit", "institution": []}, "change-form"),
    "a type that is a list": (admit_institution(type=["hospital"]), "change-form"),
    "an operator of an institution that is a list": (admit_institution(operator=[]), "change-form"),
    "an operator without a validator": (
        admit_operator(keys={use: world.key(f"x/{use}") for use in ("vote", "checkpoint")}),
        "change-form",
    ),
    "a key of small order": (
        admit_operator(keys={**admit_operator()["operator"]["keys"], "vote": "AQ" + "A" * 41}),
        "key-invalid",
    ),
    "an id of the genesis": (admit_operator(id=world.OPERATOR), "party-known"),
    "an id of an institution": (admit_operator(id=world.CLINIC), "party-known"),
    "a code of the genesis": (admit_institution(code="WX"), "party-known"),
    "an operator that nobody is": (admit_institution(operator="ee" * 16), "party-unknown"),
    "a key of somebody else": (
        admit_institution(keys={**new_institution()["keys"], "desk": world.key(f"{world.CLINIC}/desk")}),
        "key-known",
    ),
    "an offline key of somebody else": (
        admit_institution(keys={**new_institution()["keys"], "offline": world.key(f"{world.CLINIC}/desk")}),
        "key-known",
    ),
    "one key for two uses": (
        admit_institution(keys={**new_institution()["keys"], "desk": new_institution()["keys"]["peer"]}),
        "key-known",
    ),
    "a stranger who retires": ({"do": "operator.retire", "operator": "ee" * 16}, "party-unknown"),
    "an id that is a list": ({"do": "operator.retire", "operator": []}, "party-unknown"),
    "an institution that nobody is": (
        {"do": "institution.retire", "institution": "ee" * 16},
        "party-unknown",
    ),
    "a change of nothing": ({"do": "institution.change", "institution": world.CLINIC}, "change-form"),
    "a change to what is": (
        {"do": "institution.change", "institution": world.CLINIC, "operator": world.OPERATOR},
        "change-form",
    ),
    "a base that is a script": (
        {"do": "institution.change", "institution": world.CLINIC, "base": "javascript:alert(1)"},
        "change-form",
    ),
    "a checkpoint key": ({**_VOTES, "keys": {"checkpoint": world.key("x")}}, "change-form"),
    "no keys": ({**_VOTES, "keys": {}}, "change-form"),
    "keys that are a text": ({**_VOTES, "keys": "vote"}, "change-form"),
    "a key that is one already": (
        {**_VOTES, "keys": {"vote": world.key(f"{world.OPERATOR}/vote")}},
        "key-known",
    ),
    "the version in force": (rules(version=1), "rules-order"),
    "a version that is a truth": (rules(version=True), "change-form"),
    "an index before the beginning": (rules(start=-1), "change-form"),
}


@pytest.mark.parametrize(("change", "code"), IMPOSSIBLE.values(), ids=IMPOSSIBLE.keys())
def test_nothing_is_proposed_with(council: Council, change: Any, code: str) -> None:
    assert council.propose_refused(change) == code


def test_only_an_operators_own_vote_key_speaks_for_it(council: Council) -> None:
    first, second = council.operators[:2]
    assert council.refused(f"{first}/vote", "operator.propose", second, change=rules()) == "key-use"
    assert council.refused(f"{first}/checkpoint", "operator.propose", first, change=rules()) == "key-use"
    assert (
        council.refused(f"{world.HOSPITAL}/offline", "operator.propose", first, change=rules()) == "key-use"
    )
    assert (
        council.refused(f"{first}/vote", "operator.propose", first, change=rules(), more=1) == "entry-members"
    )
    proposal = council.decide(admit_institution())
    joining = (f"{first}/vote", "institution.join", NEW_INSTITUTION)
    assert council.refused(*joining, proposal=proposal) == "key-use"
    for unknown in ("ff" * 32, 7, None, ["x"], "\x00", "../x"):
        refused = council.refused(f"{first}/vote", "operator.vote", first, proposal=unknown, accept=True)
        assert refused == "proposal-not-open"
