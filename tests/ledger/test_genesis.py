"""A genesis is whole, signed by all, and gives the registry its beginning."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.encoding import b64u, canonical_json
from ledger.errors import Malformed
from ledger.genesis import parse_genesis, sign_genesis
from ledger.registry import RULES, genesis_documents
from ledger.rules import step_at
from tests.ledger import world

Change = Callable[[dict[str, Any]], None]
SEEDS = [world.seed(f"{owner}") for owner in (f"{world.OPERATOR}/vote",)] + [
    world.seed(f"{institution}/offline") for institution in (world.HOSPITAL, world.CLINIC)
]


def _changed(change: Change, rules: int = 1) -> bytes:
    doc = json.loads(world.genesis_bytes(rules=rules))
    change(doc)
    return sign_genesis(doc, SEEDS)


def test_a_genesis_goes_round() -> None:
    genesis = parse_genesis(world.genesis_bytes())
    assert genesis.data == world.genesis_bytes()
    assert [institution["code"] for institution in genesis.institutions] == ["WX", "WY"]
    assert (genesis.at, genesis.limits["visit_ms"]) == (world.START, 1_800_000)


def _set(*path: Any) -> Change:
    *way, last, value = path

    def change(doc: dict[str, Any]) -> None:
        place: Any = doc
        for step in way:
            place = place[step]
        place[last] = value

    return change


BAD_DOCUMENTS: dict[str, Change] = {
    "version 2": _set("version", 2),
    "rules that are a truth": _set("rules", True),
    "rules that this release does not know": _set("rules", 3),
    "rules before the first": _set("rules", 0),
    "a time that is a text": _set("at", "now"),
    "another member": _set("extra", 1),
    "an origin with a space": _set("origin", "a b"),
    "an origin with a plus": _set("origin", "a+b"),
    "a wallet that is no address": _set("wallet", "javascript:alert(1)"),
    "no operators": _set("operators", []),
    "a limit that is missing": _set("limits", {}),
    "a negative limit": _set("limits", "skew_ms", -1),
    "a code with a letter that Crockford leaves out": _set("institutions", 0, "code", "WU"),
    "one code twice": _set("institutions", 0, "code", "WY"),
    "one id twice": _set("institutions", 0, "id", world.CLINIC),
    "a type that is unknown": _set("institutions", 0, "type", "bank"),
    "an operator that is unknown": _set("institutions", 0, "operator", "ff" * 16),
    "a name in one language": _set("institutions", 0, "name", {"en": "Hospital"}),
    "a key use that is missing": _set(
        "institutions", 0, "keys", {"offline": world.key(f"{world.HOSPITAL}/offline")}
    ),
    "one key twice": _set("institutions", 0, "keys", "desk", world.key(f"{world.CLINIC}/desk")),
}


@pytest.mark.parametrize("change", BAD_DOCUMENTS.values(), ids=BAD_DOCUMENTS.keys())
def test_a_genesis_is_refused_with(change: Change) -> None:
    with pytest.raises(Malformed) as refused:
        parse_genesis(_changed(change))
    assert refused.value.code == "genesis-form"


ALIKE = world.CLINIC[:8] + "77" * 12


def test_no_two_ids_begin_alike_since_version_two_of_the_rules() -> None:
    change = _set("institutions", 0, "id", ALIKE)
    assert parse_genesis(_changed(change)).rules == 1
    with pytest.raises(Malformed, match="begin alike"):
        parse_genesis(_changed(change, rules=2))
    with pytest.raises(Malformed, match="begin alike"):
        parse_genesis(_changed(_set("operators", 0, "id", ALIKE), rules=2))


def test_a_ledger_begins_with_the_version_of_its_genesis() -> None:
    for version, documents in ((1, None), (2, {"steps": [{"from": 0, "version": 2, "release": ""}]})):
        genesis = parse_genesis(world.genesis_bytes(rules=version))
        assert genesis_documents(genesis).get(RULES) == documents
        assert [step_at(genesis_documents(genesis).get, index).version for index in (1, 9)] == [version] * 2


def test_a_genesis_is_refused_with_a_key_of_small_order() -> None:
    with pytest.raises(Malformed) as refused:
        parse_genesis(_changed(_set("institutions", 0, "keys", "desk", b64u(bytes([1, *bytes(31)])))))
    assert refused.value.code == "key-invalid"


def test_a_genesis_is_refused_in_another_spelling() -> None:
    spaced = json.dumps(json.loads(world.genesis_bytes()), ensure_ascii=False, sort_keys=True).encode()
    with pytest.raises(Malformed) as refused:
        parse_genesis(spaced)
    assert refused.value.code == "genesis-form"


def test_a_genesis_is_refused_when_a_signature_is_missing_wrong_or_in_another_place() -> None:
    doc = json.loads(world.genesis_bytes())
    first, second, third = doc["signatures"]
    forged = {**first, "signature": second["signature"]}
    for signatures in ([first, second], [second, first, third], [forged, second, third], [1, 2, 3], {}):
        with pytest.raises(Malformed) as refused:
            parse_genesis(canonical_json({**doc, "signatures": signatures}))
        assert refused.value.code == "genesis-signatures"


def test_a_genesis_is_not_signed_without_every_seed() -> None:
    with pytest.raises(Malformed) as refused:
        sign_genesis(json.loads(world.genesis_bytes()), SEEDS[:2])
    assert refused.value.code == "genesis-signatures"


def _without_a_validator(doc: dict[str, Any]) -> None:
    del doc["operators"][2]["keys"]["validator"]


def _with_one_validator_twice(doc: dict[str, Any]) -> None:
    doc["operators"][2]["keys"]["validator"] = doc["operators"][1]["keys"]["validator"]


@pytest.mark.parametrize("change", [_without_a_validator, _with_one_validator_twice])
def test_all_operators_have_a_validator_of_their_own_or_none_has(change: Change) -> None:
    data = world.genesis_bytes(operators=4, validators=True)
    assert len(parse_genesis(data).operators) == 4
    doc = json.loads(data)
    change(doc)
    votes = [world.seed(f"{operator}/vote") for operator in world.consortium()]
    with pytest.raises(Malformed) as refused:
        parse_genesis(sign_genesis(doc, votes + SEEDS))
    assert refused.value.code == "genesis-form"
