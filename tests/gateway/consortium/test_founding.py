"""Four members found one ledger, each in a folder of its own, with the real consensus program's keys."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gateway.consortium.agreement import Agreement, read_agreement
from gateway.consortium.founding import (
    STATEMENT,
    Meeting,
    begin_joining,
    fingerprint,
    finish_joining,
    joining_path,
    own_operator,
    read_signatures,
    sign_agreement,
)
from gateway.identity.founding import Founder, FoundingError
from gateway.settings import Settings
from ledger.encoding import b64u
from ledger.genesis import VALIDATOR_USE, parse_genesis
from tests.gateway.consortium.members import CODES, HEAD, needs_cometbft

pytestmark = needs_cometbft


def settings_of(root: Path, code: str) -> Settings:
    return Settings(
        console_origin=f"https://{code.lower()}.example",
        wallet_origin="https://wallet.example",
        data=root / code / "data",
    )


@pytest.fixture
def sides() -> Iterator[list[Settings]]:
    with TemporaryDirectory(prefix="yaoshi-") as root:  # short: a socket's path is
        yield _sides(Path(root))


def _sides(root: Path) -> list[Settings]:
    found = [settings_of(root, code) for code in CODES]
    for code, side in zip(CODES, found, strict=True):
        founder = Founder(code, "hospital", f"{code} 医院（合成）", f"{code} Hospital (synthetic)")
        begin_joining(side, f"{code} Hospital", [founder], f"{code.lower()}.example:26656", os.urandom)
    return found


@pytest.fixture
def text(sides: list[Settings]) -> str:
    return HEAD + "\n".join((joining_path(side) / STATEMENT).read_text("utf-8") for side in sides)


@pytest.fixture
def agreement(text: str) -> Agreement:
    return read_agreement(text)


def test_when_all_have_signed_each_has_the_same_ledger(sides: list[Settings], agreement: Agreement) -> None:
    signed: dict[str, str] = {}
    for number, side in enumerate(sides):
        carried = json.dumps(sign_agreement(side, agreement))
        signed |= read_signatures(carried)
        founded = finish_joining(side, agreement, signed, Meeting(26657))
        assert founded == (number == 3), "nothing is founded before all have signed"
    for side in sides[:3]:
        assert finish_joining(side, agreement, signed, Meeting(26657))
    geneses = {side.genesis_path.read_bytes() for side in sides}
    chains = {(side.node_path / "config/genesis.json").read_bytes() for side in sides}
    assert (len(geneses), len(chains)) == (1, 1)
    validators = {one["keys"][VALIDATOR_USE] for one in parse_genesis(geneses.pop()).operators}
    assert len(validators) == 4
    for side in sides:
        assert not joining_path(side).exists()
        for path in [*side.data.rglob("*.key"), *side.data.rglob("*_key.json")]:
            assert path.stat().st_mode & 0o077 == 0


def test_a_node_knows_the_others_and_listens_for_them(sides: list[Settings], agreement: Agreement) -> None:
    signed = {kid: each for side in sides for kid, each in sign_agreement(side, agreement).items()}
    assert finish_joining(sides[0], agreement, signed, Meeting(26657))
    config = (sides[0].node_path / "config/config.toml").read_text("utf-8")
    own = own_operator(sides[1], agreement)["id"]
    assert agreement.nodes[own] in config
    assert '"tcp://0.0.0.0:26656"' in config
    assert '"tcp://127.0.0.1:26657"' in config
    assert str(sides[0].application_path) in config


def test_all_read_the_same_fingerprint_and_another_text_has_another(text: str, agreement: Agreement) -> None:
    assert fingerprint(read_agreement(text)) == fingerprint(agreement)
    assert fingerprint(read_agreement(text.replace("wallet.example", "wa11et.example"))) != fingerprint(
        agreement
    )
    assert len(fingerprint(agreement).split()) == 8


CHANGED = {
    "its vote key": (r"vote = .*", f'vote = "{b64u(bytes(range(32)))}"'),
    "its validator": (r"validator = .*", f'validator = "{b64u(bytes(range(32)))}"'),
    "its institution's release key": (r"release = .*", f'release = "{b64u(bytes(range(32)))}"'),
    "its address on the network": (r"@cc.example", "@evil.example"),
    "the address of its institution": (r"https://cc.example", "https://evil.example"),
    "a name": (r"CC 医院", "DD 医院"),
}


@pytest.mark.parametrize(("pattern", "instead"), CHANGED.values(), ids=CHANGED)
def test_a_member_does_not_sign_when_the_agreement_changed(
    sides: list[Settings], text: str, pattern: str, instead: str
) -> None:
    own = (joining_path(sides[2]) / STATEMENT).read_text("utf-8")
    forged = read_agreement(text.replace(own, re.sub(pattern, instead, own)))
    with pytest.raises(FoundingError, match="to the letter"):
        sign_agreement(sides[2], forged)
    assert sign_agreement(sides[1], forged), "the others cannot know"


def test_keys_are_made_once(sides: list[Settings]) -> None:
    before = (joining_path(sides[0]) / STATEMENT).read_bytes()
    with pytest.raises(FoundingError, match="already"):
        begin_joining(sides[0], "again", [], "aa.example:26656", os.urandom)
    assert (joining_path(sides[0]) / STATEMENT).read_bytes() == before


def test_a_stranger_founds_nothing(tmp_path: Path, agreement: Agreement) -> None:
    with pytest.raises(FoundingError, match="No keys wait"):
        own_operator(settings_of(tmp_path, "EE"), agreement)


@pytest.mark.parametrize(
    "carried", ["", "[]", '{"a": 5}', "\x00"], ids=["empty", "a list", "a number", "no text"]
)
def test_what_is_no_file_of_signatures_is_refused(carried: str) -> None:
    with pytest.raises(FoundingError):
        read_signatures(carried)
