"""What a live network of CometBFT 0.38.25 signed verifies here, and nothing that was changed in it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.errors import Malformed
from ledger.light.chain import LightBlock, Trusted, believe, check_step, read_light_block, trust_of
from ledger.light.commit import sign_bytes
from ledger.light.header import read_header
from tests.ledger.vectors import folder

FILES = ("proof.json", "expected.json", "genesis.json")


@pytest.fixture(scope="module")
def live() -> dict[str, Any]:
    place = folder("vectors", "cometbft")
    return {name.removesuffix(".json"): json.loads((place / name).read_text("utf-8")) for name in FILES}


def at(live: dict[str, Any], which: str = "h") -> dict[str, Any]:
    """A light block of the vectors, to be changed freely."""
    proof = copy.deepcopy(live["proof"])
    signed = proof["commit_h" if which == "h" else "commit_next"]
    return {**signed, "validators": proof["validators_h" if which == "h" else "validators_next"]}


def test_headers_hash_as_the_network_hashed_them(live: dict[str, Any]) -> None:
    proof, expected = live["proof"], live["expected"]
    assert read_header(proof["commit_h"]["header"]).hash.hex() == expected["header_hash"]
    assert read_header(proof["commit_next"]["header"]).hash.hex() == expected["next_header_hash"]
    assert read_header(expected["first_header"]["header"]).hash.hex() == expected["first_header_hash"]


def test_what_validators_signed_is_composed_byte_for_byte(live: dict[str, Any]) -> None:
    block = read_light_block(at(live), live["proof"]["chain_id"])
    assert block.validators.hash.hex() == live["expected"]["validators_hash"]
    wanted = live["expected"]["canonical_vote_sign_bytes"]
    found = [
        {
            "sign_bytes": sign_bytes(block.header.chain_id, block.commit, vote).hex(),
            "validator_address": vote.address.hex().upper(),
        }
        for vote in block.commit.votes
        if vote is not None
    ]
    assert found == wanted


def first_trust(live: dict[str, Any]) -> tuple[Trusted, LightBlock]:
    """Trust in the validators that the chain's genesis names, and its first block."""
    first = {**live["expected"]["first_header"], "validators": live["proof"]["validators_h"]}
    block = read_light_block(first, live["genesis"]["chain_id"])
    keys = {one["pub_key"]["value"] for one in live["genesis"]["validators"]}
    assert keys == {one["pub_key"]["value"] for one in first["validators"]}
    return Trusted(block.header.chain_id, 0, 0, block.validators, block.validators.hash), block


def test_a_chain_of_the_network_is_believed_step_by_step_and_by_leaving_out(live: dict[str, Any]) -> None:
    trusted, first = first_trust(live)
    chain = live["proof"]["chain_id"]
    near, far = read_light_block(at(live), chain), read_light_block(at(live, "next"), chain)
    now = far.header.time.ms + 1000
    check_step(trusted, first, now)
    check_step(trust_of(near), far, now)
    assert far.header.last.hash == near.header.hash
    assert [one.header.height for one in believe(trust_of(first), far, pytest.fail, now)] == [13]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of each value in a document."""
    if isinstance(value, dict | list):
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(member, (*path, name))
    else:
        yield path


def changed(document: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    """A copy in which one value is another."""
    result = copy.deepcopy(document)
    place = result
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = change(place[path[-1]])
    return result


def another(value: Any) -> Any:
    """Another value of the same form, as near as can be."""
    if isinstance(value, int):
        return value + 1
    last = value[-1]
    if value.endswith("Z") and "T" in value:
        return value[:-2] + ("1" if value[-2] != "1" else "2") + "Z"
    if last == "=":
        place = value.index("=") - 1
        return value[:place] + ("B" if value[place] != "B" else "C") + value[place + 1 :]
    return value[:-1] + ("1" if last != "1" else "2")


# Nothing signs these; the first two nobody reads, and a vote that is called one for nothing does not count.
UNSIGNED = {"address", "proposer_priority", "block_id_flag"}


def test_no_value_of_a_live_block_can_be_another(live: dict[str, Any]) -> None:
    document, chain = at(live), live["proof"]["chain_id"]
    read_light_block(document, chain)
    paths = [path for path in leaves(document) if path[-1] not in UNSIGNED]
    assert len(paths) > 40
    believed = []
    for path in paths:
        try:
            read_light_block(changed(document, path, another), chain)
        except Malformed:
            continue
        believed.append(path)
    assert believed == []


def test_nothing_can_be_left_out_or_added(live: dict[str, Any]) -> None:
    document, chain = at(live), live["proof"]["chain_id"]
    for part in ("header", "commit"):
        for name in document[part]:
            less = copy.deepcopy(document)
            del less[part][name]
            with pytest.raises(Malformed):
                read_light_block(less, chain)
        with pytest.raises(Malformed) as more:
            read_light_block({**document, part: {**document[part], "more": "1"}}, chain)
        assert more.value.code == "light-form"


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=90), st.sampled_from(["", "-1", "0"])
)
ANYTHING = st.recursive(
    SCALARS, lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(), each, max_size=3)
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_stands_in_a_place_is_refused_and_never_a_fault(
    live: dict[str, Any], data: st.DataObject
) -> None:
    document, chain = at(live), live["proof"]["chain_id"]
    path = data.draw(st.sampled_from([path for path in leaves(document) if path[-1] not in UNSIGNED]))
    path = path[: data.draw(st.integers(1, len(path)))]
    value = data.draw(ANYTHING)
    tampered = changed(document, path, lambda _: value)
    if tampered != document:
        with pytest.raises(Malformed):
            read_light_block(tampered, chain)


def silenced(document: dict[str, Any], places: tuple[int, ...]) -> dict[str, Any]:
    result = copy.deepcopy(document)
    for place in places:
        result["commit"]["signatures"][place] = {
            "block_id_flag": 1,
            "validator_address": "",
            "timestamp": "0001-01-01T00:00:00Z",
            "signature": None,
        }
    return result


def test_three_of_four_are_enough_and_two_are_not(live: dict[str, Any]) -> None:
    document, chain = at(live), live["proof"]["chain_id"]
    for place in range(4):
        read_light_block(silenced(document, (place,)), chain)
    with pytest.raises(Malformed) as two:
        read_light_block(silenced(document, (1, 2)), chain)
    assert two.value.code == "light-power"
    for place in (1, 2):
        document["commit"]["signatures"][place]["block_id_flag"] = 3
    with pytest.raises(Malformed) as nothing:
        read_light_block(document, chain)
    assert nothing.value.code == "light-power"
