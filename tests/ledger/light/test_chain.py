"""From the pinned genesis to a new header: who is believed, across changes of validators, and who is not."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from ledger.encoding import b64u
from ledger.errors import CODES, Malformed
from ledger.genesis import parse_genesis
from ledger.light.certificate import check_carried, read_certified
from ledger.light.chain import (
    DRIFT_MS,
    TRUSTING_MS,
    LightBlock,
    believe,
    check_same,
    check_step,
    check_voted,
    read_light_block,
    trust_of,
    trust_of_genesis,
)
from ledger.merkle import consistency_proof, leaf_hash, list_reader, root_of
from tests.ledger import world
from tests.ledger.light.blocks import DAY, MINUTE, ROOT, Chain, a_chain

START = world.START
LATER = [f"later/{number}" for number in range(4)]


@pytest.fixture(scope="module")
def chain() -> Chain:
    return a_chain()


def refused(chain: Chain, document: Any) -> str:
    with pytest.raises(Malformed) as found:
        read_light_block(document, chain.id)
    return found.value.code


def step(chain: Chain, before: LightBlock | None, block: LightBlock, now: int | None = None) -> str | None:
    """The code with which a step is refused, None when it is believed."""
    trusted = trust_of_genesis(chain.genesis) if before is None else trust_of(before)
    try:
        check_step(trusted, block, now or block.header.time.ms + MINUTE)
    except Malformed as malformed:
        return malformed.code
    return None


def test_the_first_block_is_believed_by_the_validators_of_the_genesis(chain: Chain) -> None:
    assert step(chain, None, chain.block(1, START)) is None
    strangers = chain.with_validators(*LATER)
    assert step(chain, None, chain.block(1, START, strangers)) == "light-untrusted"


@pytest.mark.parametrize(("hospitals", "silent", "code"), [
    (4, [0], None), (4, [0, 1], "light-power"),
    (3, [], None), (3, [1], "light-power"),
    (6, [0], None), (6, [0, 1], "light-power"),
    (7, [0, 1], None), (7, [0, 1, 2], "light-power"),
])  # fmt: skip
def test_more_than_two_thirds_have_to_sign_and_two_thirds_are_not_more(
    hospitals: int, silent: list[int], code: str | None
) -> None:
    chain = a_chain(hospitals)
    document = chain.document(5, START + MINUTE, silent=silent)
    if code is None:
        assert read_light_block(document, chain.id).header.height == 5
    else:
        assert refused(chain, document) == code


def lie(chain: Chain, name: str) -> dict[str, Any]:
    """A light block with one thing wrong in it."""
    document = chain.document(5, START + MINUTE)
    header, commit, validators = document["header"], document["commit"], document["validators"]
    signatures = commit["signatures"]
    other = chain.document(5, START + MINUTE + 1)
    if name == "of another chain":
        return chain.document(5, START + MINUTE, chain_id="yaoshi-other")
    if name == "validators in another order":
        validators.reverse()
    elif name == "a validator with more power":
        validators[0]["voting_power"] = "40"
    elif name == "the votes of another block":
        document["commit"] = other["commit"]
    elif name == "another state of the ledger":
        header["app_hash"] = other["header"]["data_hash"]
    elif name == "one validator's vote in all places":
        commit["signatures"] = [signatures[0]] * 4
    elif name == "a vote of another round":
        commit["round"] = 1
    elif name == "a signature for another time":
        signatures[2]["timestamp"] = signatures[1]["timestamp"]
    elif name == "a place too few":
        signatures.pop()
    elif name == "a validator twice":
        validators[1] = validators[0]
    elif name == "a key of another type":
        validators[1]["pub_key"]["type"] = "tendermint/PubKeySecp256k1"
    elif name == "a key that is no point":
        validators[1]["pub_key"]["value"] = "/" * 42 + "8="
    elif name == "a signature with other trailing bits":
        text = signatures[0]["signature"]
        signatures[0]["signature"] = text[:85] + chr(ord(text[85]) + 1) + "=="
    elif name == "no validators":
        document["validators"] = []
    elif name == "more validators than anybody counts":
        document["validators"] = validators * 100
    elif name == "a time with a trailing zero":
        header["time"] = "2026-01-01T00:01:00.10Z"
    elif name == "a time that does not exist":
        header["time"] = "2026-02-30T00:01:00Z"
    elif name == "a height with a leading zero":
        header["height"] = "05"
    elif name == "a height of many digits":
        header["height"] = "9" * 400
    elif name == "a hash in lower case":
        header["app_hash"] = header["app_hash"].lower()
    elif name == "half a block id":
        header["last_block_id"]["parts"]["hash"] = ""
    elif name == "a list":
        return [document]  # type: ignore[return-value]
    return document


@pytest.mark.parametrize(("name", "code"), [
    ("of another chain", "light-chain"),
    ("validators in another order", "light-validators"),
    ("a validator with more power", "light-validators"),
    ("the votes of another block", "light-hash"),
    ("another state of the ledger", "light-hash"),
    ("one validator's vote in all places", "light-form"),
    ("a vote of another round", "light-signature"),
    ("a signature for another time", "light-signature"),
    ("a place too few", "light-form"),
    ("a validator twice", "light-form"),
    ("a key of another type", "light-form"),
    ("a key that is no point", "key-invalid"),
    ("a signature with other trailing bits", "light-form"),
    ("no validators", "light-form"),
    ("more validators than anybody counts", "light-form"),
    ("a time with a trailing zero", "light-form"),
    ("a time that does not exist", "light-form"),
    ("a height with a leading zero", "light-form"),
    ("a height of many digits", "light-form"),
    ("a hash in lower case", "light-form"),
    ("half a block id", "light-form"),
    ("a list", "light-form"),
])  # fmt: skip
def test_a_block_is_refused_with(name: str, code: str, chain: Chain) -> None:
    assert refused(chain, lie(chain, name)) == code
    assert code in CODES


def test_headers_are_left_out_for_fourteen_days_and_no_longer(chain: Chain) -> None:
    near, far = chain.block(7, START + DAY), chain.block(900, START + 15 * DAY - 1)
    assert step(chain, near, far, START + DAY + TRUSTING_MS - 1) is None
    assert step(chain, near, far, START + DAY + TRUSTING_MS) == "light-expired"
    beside = chain.block(8, START + 40 * DAY)
    assert step(chain, near, beside) is None, "the next block needs no trusting period"


def test_a_block_comes_after_the_trusted_one_and_not_from_the_future(chain: Chain) -> None:
    near = chain.block(7, START + DAY)
    assert step(chain, near, chain.block(7, START + DAY + 1)) == "light-order"
    assert step(chain, near, chain.block(8, START + DAY)) == "light-order"
    late = chain.block(8, START + 2 * DAY)
    assert step(chain, near, late, START + 2 * DAY - DRIFT_MS) is None
    assert step(chain, near, late, START + 2 * DAY - DRIFT_MS - 1) == "light-order"


def test_a_third_of_those_trusted_is_not_enough_to_leave_headers_out(chain: Chain) -> None:
    near = chain.block(7, START + DAY)
    kept = [chain.names[one.key] for one in near.validators.members]
    two = chain.with_validators(*kept[:2], *LATER[:2])
    assert step(chain, near, chain.block(70, START + 2 * DAY, two)) is None
    one = chain.with_validators(kept[0], *LATER[:3])
    assert step(chain, near, chain.block(70, START + 2 * DAY, one)) == "light-untrusted"
    six = a_chain(6)
    before = six.block(7, START + DAY)
    names = [six.names[each.key] for each in before.validators.members]
    third = six.with_validators(*names[:2], *LATER)
    assert step(six, before, six.block(70, START + 2 * DAY, third)) == "light-untrusted"


class History:
    """100 blocks in which the validators are all exchanged, one at a time, every twenty blocks."""

    def __init__(self, chain: Chain) -> None:
        first = [chain.names[one.key] for one in chain.first.members]
        self.chain = chain
        self.sets = [chain.with_validators(*LATER[:count], *first[count:]) for count in range(5)]
        self.asked: list[int] = []

    def block(self, height: int) -> LightBlock:
        self.asked.append(height)
        now, following = self.sets[height // 20 % 5], self.sets[(height + 1) // 20 % 5]
        return self.chain.block(height, START + height * MINUTE, now, following)


@pytest.fixture(scope="module")
def history(chain: Chain) -> History:
    return History(chain)


def test_validators_that_were_all_exchanged_are_reached_by_headers_between(history: History) -> None:
    target = history.block(99)
    history.asked.clear()
    path = believe(trust_of_genesis(history.chain.genesis), target, history.block, START + 100 * MINUTE)
    assert path[-1] is target
    assert 1 < len(path) <= len(history.asked) + 1 < 12
    heights = [one.header.height for one in path]
    assert heights == sorted(set(heights))


def test_outside_of_fourteen_days_every_header_is_looked_at_and_too_many_are_refused(
    history: History,
) -> None:
    now = START + 30 * DAY
    trusted, target = trust_of(history.block(50)), history.block(99)
    history.asked.clear()
    path = believe(trusted, target, history.block, now)
    assert [one.header.height for one in path] == list(range(51, 100))
    far = history.chain.block(500, START + 500 * MINUTE)
    with pytest.raises(Malformed) as refusal:
        believe(trusted, far, history.block, now)
    assert refusal.value.code == "light-far"


def test_a_set_that_nobody_handed_over_to_is_not_believed_however_much_is_asked(history: History) -> None:
    strangers = history.chain.with_validators(*(f"stranger/{number}" for number in range(4)))
    target = history.chain.block(60, START + 60 * MINUTE, strangers)
    with pytest.raises(Malformed) as refusal:
        believe(trust_of_genesis(history.chain.genesis), target, history.block, START + DAY)
    assert refusal.value.code == "light-untrusted"


def test_a_header_of_another_height_than_asked_for_is_refused(history: History) -> None:
    target = history.block(99)
    with pytest.raises(Malformed) as refusal:
        believe(trust_of_genesis(history.chain.genesis), target, lambda _: history.block(3), START + DAY)
    assert refusal.value.code == "light-order"


def test_validators_are_those_for_whom_the_operators_voted(chain: Chain) -> None:
    block = chain.block(9, START + DAY)
    check_voted(block, chain.first)
    others = chain.with_validators(*LATER)
    with pytest.raises(Malformed) as strangers:
        check_voted(block, others)
    assert strangers.value.code == "light-voted"
    with pytest.raises(Malformed) as changing:
        check_voted(chain.block(9, START + DAY, chain.first, others), others)
    assert changing.value.code == "light-changing"


def test_two_blocks_of_one_height_prove_a_fork(chain: Chain) -> None:
    one, other = chain.block(9, START + DAY), chain.block(9, START + DAY, size=2)
    check_same(one, chain.block(9, START + DAY))
    for wrong, code in ((other, "light-fork"), (chain.block(8, START), "light-order")):
        with pytest.raises(Malformed) as refusal:
            check_same(one, wrong)
        assert refusal.value.code == code


def test_a_ledger_of_one_operator_has_no_validators() -> None:
    with pytest.raises(Malformed) as refusal:
        trust_of_genesis(parse_genesis(world.genesis_bytes()))
    assert refusal.value.code == "light-none"


LEAVES = [leaf_hash(bytes([number])) for number in range(9)]


def test_size_and_root_are_those_that_the_header_names(chain: Chain) -> None:
    document = chain.document(9, START, size=5, root=root_of(LEAVES[:5]))
    found = read_certified(document, chain.id)
    for size in (2, 5, 9):
        old, new = sorted((5, size))
        proof = consistency_proof(old, new, list_reader(LEAVES))
        check_carried(found, size, root_of(LEAVES[:size]), proof)
        with pytest.raises(Malformed) as other:
            check_carried(found, size, hashlib.sha256(b"other").digest(), proof)
        assert other.value.code == "light-consistency"
    for lie in ({"size": 6}, {"root": b64u(ROOT)}):
        with pytest.raises(Malformed) as wrong:
            read_certified({**document, **lie}, chain.id)
        assert wrong.value.code == "light-app-hash"
    for lie in ({"size": "5"}, {"size": 0}, {"size": None}, {"root": None}, {"size": True}):
        with pytest.raises(Malformed) as form:
            read_certified({**document, **lie}, chain.id)
        assert form.value.code == "light-form"
