"""A new key shows that it is held, or it is refused; so nobody takes a key or an id that is on its way."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.lifecycle import ConsentContract
from ledger.audit import export_log, verify_log
from ledger.committed import Committed
from ledger.encoding import b64u, unb64u
from ledger.errors import Refusal
from ledger.possession import possession_fault, possession_message, prove_possession
from ledger.rules import step_at
from ledger.signing import PROOF_TYP, sign, sign_compact, verify
from tests.ledger import world
from tests.ledger.voting import (
    NEW_INSTITUTION,
    NEW_OPERATOR,
    Council,
    admit_institution,
    admit_operator,
    new_institution,
    proven,
    rotation,
    rules,
)

OFFLINE = f"{world.HOSPITAL}/offline"
KEYS = (OFFLINE, "institution.keys", world.HOSPITAL)
LEDGER = "ab" * 32


def consented(folder: Path, version: int = 2) -> Council:
    """Four operators' ledger with the rules of consent, begun with this version."""
    council = Council(folder, rules=version)
    council.engine.close()
    council.contracts = {1: [ConsentContract(own_ids=False)], 2: [ConsentContract()]}
    council.engine = council.open()
    return council


@pytest.fixture
def council(tmp_path: Path) -> Iterator[Council]:
    made = consented(tmp_path)
    yield made
    made.engine.close()


def proof(name: str, use: str = "release", subject: str = world.HOSPITAL, ledger: str = LEDGER) -> str:
    return prove_possession(world.seed(name), ledger, subject, use)


NEW = {"release": world.key("new")}
BOTH = {**NEW, "desk": world.key("new desk")}
RIGHT = proof("new")
Keys = dict[str, str]

UNPROVEN: dict[str, tuple[Keys, Any]] = {
    "no proof is there": (NEW, {}),
    "one of two proofs is missing": (BOTH, {"release": RIGHT}),
    "a proof is there for a key that is kept": (NEW, {"release": RIGHT, "desk": proof("kept", "desk")}),
    "the proof is by another key": (NEW, {"release": proof("old")}),
    "the proof is for another ledger": (NEW, {"release": proof("new", ledger="cd" * 32)}),
    "the proof is for another subject": (NEW, {"release": proof("new", subject=world.CLINIC)}),
    "the proof is for another use": (NEW, {"release": proof("new", "desk")}),
    "two proofs stand for each other": (BOTH, {"release": proof("new desk", "desk"), "desk": RIGHT}),
    "the proof is a phone's, for a link": (
        NEW,
        {"release": sign_compact(world.seed("new"), PROOF_TYP, {"ledger": LEDGER}).rpartition(".")[2]},
    ),
    "the signature has no tag": (
        NEW,
        {
            "release": b64u(
                sign(
                    world.seed("new"),
                    possession_message(LEDGER, world.HOSPITAL, "release", NEW["release"])[14:],
                )
            )
        },
    ),
    "the signature is cut": (NEW, {"release": RIGHT[:-2]}),
    "the signature is written another way": (NEW, {"release": RIGHT + "="}),
    "the proof is a number": (NEW, {"release": 7}),
    "the proof is nothing": (NEW, {"release": None}),
    "the proofs are a list": (NEW, [RIGHT]),
    "the proofs are a text": (NEW, RIGHT),
    "the proofs are nothing": (NEW, None),
    "the key is no key": ({"release": "\ud800"}, {"release": RIGHT}),
}


@pytest.mark.parametrize(("keys", "proofs"), UNPROVEN.values(), ids=UNPROVEN.keys())
def test_possession_is_not_shown_when(keys: Keys, proofs: Any) -> None:
    fault = possession_fault(LEDGER, world.HOSPITAL, keys, proofs)
    assert fault is not None
    assert fault.code == "key-unproven"


def test_possession_is_shown_by_each_new_key_itself() -> None:
    proofs = {"release": RIGHT, "desk": proof("new desk", "desk")}
    assert possession_fault(LEDGER, world.HOSPITAL, BOTH, proofs) is None
    said = possession_message(LEDGER, world.HOSPITAL, "release", NEW["release"])
    assert said.startswith(b'yaoshi/key/v1\x00{"key":"')
    assert verify(unb64u(NEW["release"]), said, unb64u(RIGHT))


_PROOFS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=90) | st.sampled_from([RIGHT, RIGHT[:-1]]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["release", "desk", "\x00"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(
    _PROOFS,
    st.dictionaries(st.sampled_from(["release", "desk"]), st.text(max_size=50) | st.just(NEW["release"])),
)
def test_whatever_stands_for_proofs_is_answered_and_shows_nothing_else(proofs: Any, keys: Keys) -> None:
    fault = possession_fault(LEDGER, world.HOSPITAL, keys, proofs)
    shown = proofs == {use: proof("new", use) for use in keys} and set(keys.values()) <= {NEW["release"]}
    assert (fault is None) == shown


def test_an_institution_changes_its_keys_with_proofs_and_no_other_way(council: Council) -> None:
    ledger = council.engine.id
    named = rotation(ledger, world.HOSPITAL, release="next", desk="next desk")
    assert council.refused(*KEYS, keys=named["keys"]) == "entry-members"
    assert council.refused(*KEYS, **{**named, "proofs": {}}) == "key-unproven"
    strangers = rotation(ledger, world.CLINIC, release="next", desk="next desk")
    assert council.refused(*KEYS, **strangers) == "key-unproven"
    council.done(*KEYS, **named)
    assert council.refused(*KEYS, **named) == "key-known", "an earlier rotation's proofs bring nothing again"
    kept = rotation(ledger, world.HOSPITAL, review=f"{world.HOSPITAL}/review")
    assert council.refused(*KEYS, **kept) == "key-known", "a key that is kept is not a new one"
    twice = rotation(ledger, world.HOSPITAL, release="one", desk="one")
    assert council.refused(*KEYS, **twice) == "key-known"
    council.done("next desk", "link.open", world.own_link(1), institution=world.HOSPITAL)


def opening(council: Council, link: str, phone: str = "phone") -> dict[str, str]:
    """Members of the hospital's link.open with the phone's key."""
    about = {"ledger": council.engine.id, "subject": link, "institution": world.HOSPITAL}
    said = sign_compact(world.seed(phone), PROOF_TYP, about)
    return {"institution": world.HOSPITAL, "key": world.key(phone), "proof": said}


def _as_own_key(council: Council, link: str) -> Committed | Refusal:
    """By a rotation that names the phone's key, with what could be seen: the phone's proof for its link."""
    keys = {"release": world.key("phone")}
    seen = opening(council, link)["proof"].rpartition(".")[2]
    members = {"keys": keys, "proofs": {"release": seen}} if _version(council) > 1 else {"keys": keys}
    return council.submit(f"{world.CLINIC}/offline", "institution.keys", world.CLINIC, **members)


def _as_own_link(council: Council, link: str) -> Committed | Refusal:
    """By opening a link of the attacker's own with the id."""
    return council.submit(f"{world.CLINIC}/desk", "link.open", link, institution=world.CLINIC)


def _version(council: Council) -> int:
    with council.engine.view() as view:
        return step_at(view.get, view.size).version


Squat = Callable[[Council, str], Committed | Refusal]
SQUATS: dict[str, tuple[Squat, str, str]] = {
    "the phone's key is registered as one's own": (_as_own_key, "key-unproven", "key-known"),
    "the link's id is opened by another institution": (_as_own_link, "link-id-foreign", "subject-exists"),
}


@pytest.mark.parametrize(("squat", "refused", "_"), SQUATS.values(), ids=SQUATS.keys())
def test_who_sees_a_link_on_its_way_cannot_take_what_it_needs(
    council: Council, squat: Squat, refused: str, _: str
) -> None:
    link = world.own_link(1)
    tried = squat(council, link)
    assert isinstance(tried, Refusal)
    assert tried.code == refused
    council.done(f"{world.HOSPITAL}/desk", "link.open", link, **opening(council, link))


@pytest.mark.parametrize(("squat", "_", "harm"), SQUATS.values(), ids=SQUATS.keys())
def test_version_one_of_the_rules_let_it_happen(tmp_path: Path, squat: Squat, _: str, harm: str) -> None:
    council = consented(tmp_path, version=1)
    assert isinstance(squat(council, world.own_link(1)), Committed)
    said = opening(council, world.own_link(1))
    assert council.refused(f"{world.HOSPITAL}/desk", "link.open", world.own_link(1), **said) == harm
    council.engine.close()


NEWCOMERS = {
    "an institution": (admit_institution(), "institution", NEW_INSTITUTION, "offline"),
    "an operator": (admit_operator(), "operator", NEW_OPERATOR, "vote"),
}


@pytest.mark.parametrize(("change", "kind", "party", "use"), NEWCOMERS.values(), ids=NEWCOMERS.keys())
def test_nobody_takes_the_keys_or_the_id_of_a_newcomer_that_was_approved(
    council: Council, change: dict[str, Any], kind: str, party: str, use: str
) -> None:
    admission = proven(council.engine.id, change)
    proposal = council.decide(admission)
    for name, shown in admission["proofs"].items():
        stolen = {"keys": {"release": change[kind]["keys"][name]}, "proofs": {"release": shown}}
        refused = council.refused(*KEYS, **stolen)
        assert refused == ("key-known" if name == use else "key-unproven")
    desk = f"{world.CLINIC}/desk"
    assert council.refused(desk, "link.open", party, institution=world.CLINIC) == "link-id-foreign"
    council.done(f"{party}/{use}", f"{kind}.join", party, proposal=proposal)
    assert council.get(f"{kind}/{party}")["keys"] == change[kind]["keys"]


def spoiled(change: dict[str, Any], use: str, with_: str) -> dict[str, Any]:
    return {**change, "proofs": {**change["proofs"], use: with_}}


def test_nothing_is_proposed_with_a_key_that_is_not_shown_to_be_held(council: Council) -> None:
    ledger = council.engine.id
    for change, uses in (
        (admit_operator(), ("vote", "checkpoint", "validator")),
        (admit_institution(), ("peer",)),
    ):
        right = proven(ledger, change)
        assert council.propose_refused(change) == "change-form"
        assert council.propose_refused({**change, "proofs": {}}) == "key-unproven"
        for use in uses:
            assert council.propose_refused(spoiled(right, use, RIGHT)) == "key-unproven"
        council.propose(right)
    keys = {"vote": world.key("next vote"), "validator": world.key("next validator")}
    change = {"do": "operator.keys", "operator": world.OPERATOR, "keys": keys}
    assert council.propose_refused(change) == "change-form"
    right = proven(ledger, change, vote="next vote", validator="next validator")
    assert council.propose_refused(spoiled(right, "validator", right["proofs"]["vote"])) == "key-unproven"
    council.decide(right)
    council.done("next vote", "operator.propose", world.OPERATOR, change=rules(version=3))
    assert council.propose_refused({**rules(version=4), "proofs": {}}, by=1) == "change-form"


def test_no_two_members_ids_begin_alike(council: Council) -> None:
    ledger = council.engine.id
    for like in (world.CLINIC, world.OPERATOR):
        party = like[:8] + "77" * 12
        change = {"do": "institution.admit", "institution": new_institution(party)}
        assert council.propose_refused(proven(ledger, change)) == "party-known"
    council.decide(proven(ledger, admit_operator()))
    party = NEW_OPERATOR[:8] + "77" * 12
    change = proven(ledger, {"do": "institution.admit", "institution": new_institution(party)})
    assert council.propose_refused(change) == "party-known", "an approved newcomer's id is kept for it"
    anew = {**admit_operator(), "operator": {**admit_operator()["operator"], "name": "Another name"}}
    proposal = council.decide(proven(ledger, anew))
    council.done(f"{NEW_OPERATOR}/vote", "operator.join", NEW_OPERATOR, proposal=proposal)


def test_a_ledger_asks_for_proofs_from_the_record_on_that_its_operators_chose(tmp_path: Path) -> None:
    council = consented(tmp_path, version=1)
    ledger = council.engine.id
    before = council.propose(admit_institution())
    council.done(*KEYS, keys={"release": world.key("first")})
    assert council.refused(*KEYS, **rotation(ledger, world.HOSPITAL, release="second")) == "entry-members"
    assert council.propose_refused(proven(ledger, admit_operator())) == "change-form"
    council.done(f"{world.CLINIC}/desk", "link.open", world.own_link(1), institution=world.CLINIC)
    council.decide(rules(version=2))
    assert council.refused(*KEYS, keys={"release": world.key("second")}) == "entry-members"
    council.done(*KEYS, **rotation(ledger, world.HOSPITAL, release="second"))
    assert isinstance(council.vote(1, before), Committed)
    late = council.vote(2, before)
    assert isinstance(late, Refusal)
    assert late.code == "change-form", "what was proposed without proofs is not decided any more"
    proposal = council.decide(proven(ledger, admit_institution()))
    council.done(f"{NEW_INSTITUTION}/offline", "institution.join", NEW_INSTITUTION, proposal=proposal)
    file = io.BytesIO()
    with council.engine.view() as view:
        export_log(view, file)
        root = view.root
    council.engine.close()
    result = verify_log(io.BytesIO(file.getvalue()), council.contracts, ledger)
    assert (result.ok, result.root) == (True, root.hex()), result.first_difference
