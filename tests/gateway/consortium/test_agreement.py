"""The text that hospitals agree on: one genesis for all, each signs on its own machine, none guesses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.consortium.agreement import AgreementError, read_agreement
from gateway.identity.keyring import read_keys
from ledger.encoding import unb64u
from ledger.errors import Malformed
from ledger.genesis import genesis_signatures, parse_genesis, seal_genesis
from tests.gateway.consortium.members import CODES, HEAD, Member, agreed, members


@pytest.fixture
def four(tmp_path: Path) -> list[Member]:
    return members(tmp_path)


def offline_seeds(member: Member) -> list[bytes]:
    return [
        unb64u(path.read_text("ascii").strip()) for path in sorted((member.folder / "offline").glob("*/*"))
    ]


def test_four_hospitals_begin_one_ledger_and_no_key_leaves_its_machine(four: list[Member]) -> None:
    document = read_agreement(agreed(four)).document
    signatures: dict[str, str] = {}
    for member in four:
        mine = genesis_signatures(document, offline_seeds(member))
        assert len(mine) == 2, "the operator's vote key and the institution's offline key"
        signatures |= mine
    genesis = parse_genesis(seal_genesis(document, signatures))
    assert [one["code"] for one in genesis.institutions] == list(CODES)
    assert genesis.wallet == "https://wallet.example"
    assert genesis.at == 1_796_083_200_000
    for member in four:
        for path in member.folder.rglob("*.key"):
            assert path.read_text("ascii").strip() not in agreed(four)
            assert path.stat().st_mode & 0o077 == 0


def test_each_side_hosts_its_own_institution(four: list[Member]) -> None:
    institutions = read_agreement(agreed(four)).document["institutions"]
    for number, member in enumerate(four):
        keys = read_keys(member.folder / "keys")
        assert [keys.hosts(one["id"]) for one in institutions] == [place == number for place in range(4)]


def test_the_nodes_are_named_by_operator(four: list[Member]) -> None:
    agreement = read_agreement(agreed(four))
    assert list(agreement.nodes) == [one["id"] for one in agreement.document["operators"]]
    assert all(address.endswith(".example:26656") for address in agreement.nodes.values())


def test_a_statement_for_a_ledger_that_is_there_begins_no_other(tmp_path: Path) -> None:
    with pytest.raises(AgreementError, match="begins no other"):
        read_agreement(agreed(members(tmp_path, ledger="ab" * 32)))


def test_one_missing_signature_and_there_is_no_ledger(four: list[Member]) -> None:
    document = read_agreement(agreed(four)).document
    signatures = {}
    for member in four[:3]:
        signatures |= genesis_signatures(document, offline_seeds(member))
    with pytest.raises(Malformed) as missing:
        seal_genesis(document, signatures)
    assert missing.value.code == "genesis-signatures"


def test_who_signed_another_text_did_not_sign_this_one(four: list[Member]) -> None:
    document = read_agreement(agreed(four)).document
    other = read_agreement(agreed(four).replace("wallet.example", "wallet.evil.example")).document
    signatures = {}
    for number, member in enumerate(four):
        signatures |= genesis_signatures(other if number == 3 else document, offline_seeds(member))
    with pytest.raises(Malformed) as refused:
        parse_genesis(seal_genesis(document, signatures))
    assert refused.value.code == "genesis-signatures"


def test_a_name_may_hold_what_toml_writes_as_an_escape(tmp_path: Path) -> None:
    found = members(tmp_path)
    statement = found[0].statement.replace('name = "Operator 0"', 'name = "\\"q\\" \\\\ \\u007f 林"')
    text = HEAD + "\n".join([statement, *(one.statement for one in found[1:])])
    assert read_agreement(text).document["operators"][0]["name"] == '"q" \\ \x7f 林'


def test_limits_may_be_changed_that_of_an_operator_too(four: list[Member]) -> None:
    limits = "\n[limits]\noperator_entries_per_hour = 900\nlink_entries_per_hour = 7\n"
    document = read_agreement(agreed(four) + limits).document
    assert document["limits"]["operator_entries_per_hour"] == 900
    assert document["limits"]["link_entries_per_hour"] == 7
    assert read_agreement(agreed(four)).document["limits"]["operator_entries_per_hour"] > 900


WRONG = {
    "it is no TOML": (r"\A", "[[", "not TOML"),
    "the wallet is missing": (r"wallet = .*\n", "", "the first lines"),
    "there is a word too many": (r"\Aname", 'colour = "red"\nname', "the first lines"),
    "the moment has no zone": (r"\+08:00", "", "has a zone"),
    "the moment is a text": (r"at = (\S+)", r'at = "\1"', "a date with time and zone"),
    "a limit is unheard of": (r"\n\n\[\[", "\n[limits]\nspeed = 1\n[[", "[limits]"),
    "a node has no port": (r"example:26656", "example", "operator 1"),
    "a key is missing": (r"vote = .*\n", "", "operator 1: its keys"),
    "a key is a number": (r"vote = .*\n", "vote = 5\n", "operator 1: each key"),
    "an institution has no code": (r'code = "AA"\n', "", "institution 1"),
    "a name is a number": (r'name = "Operator 0"', "name = 7", "operator 1: name is a text"),
    "there is no institution": (r"(?s)\[\[institution\]\].*?(?=\n\[\[operator|\Z)", "", "[[institution]]"),
}


@pytest.mark.parametrize(("pattern", "instead", "says"), WRONG.values(), ids=WRONG)
def test_a_text_begins_nothing_when(four: list[Member], pattern: str, instead: str, says: str) -> None:
    text = agreed(four)
    changed = re.sub(pattern, instead, text, count=0 if "(?s)" in pattern else 1)
    assert changed != text
    with pytest.raises(AgreementError) as refused:
        read_agreement(changed)
    assert says in str(refused.value)


def test_three_are_too_few(tmp_path: Path) -> None:
    with pytest.raises(AgreementError, match="4 operators"):
        read_agreement(agreed(members(tmp_path, CODES[:3])))
