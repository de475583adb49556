"""Four administrators type what docs/consortium.md says, each with a folder and settings of its own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

from app import commands
from ledger.genesis import parse_genesis
from tests.gateway.consortium.members import CODES, HEAD, needs_cometbft

pytestmark = needs_cometbft


class Region:
    """Four machines, of which one at a time is sat at."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self._monkeypatch = root, monkeypatch

    def at(self, code: str, *words: str, typed: str = "") -> Result:
        self._monkeypatch.setenv("YAOSHI_VAR", str(self.root / code))
        self._monkeypatch.setenv("YAOSHI_CONSOLE", f"https://{code.lower()}.example")
        self._monkeypatch.setenv("YAOSHI_WALLET", "https://wallet.example")
        return FlaskCliRunner(commands).invoke(args=["consortium", *words], input=typed)

    def make_keys(self, code: str) -> Result:
        file = self.root / f"{code}.toml"
        file.write_text(
            f'[[institution]]\ncode = "{code}"\ntype = "hospital"\nzh = "{code}（合成）"\nen = "{code}"\n',
            "utf-8",
        )
        meet = f"{code.lower()}.example:26656"
        return self.at(code, "keys", str(file), "--name", f"{code} Hospital", "--meet", meet)

    def agreement(self) -> Path:
        statements = [
            path.read_text("utf-8") for path in sorted(self.root.glob("*/*.joining/statement.toml"))
        ]
        path = self.root / "agreement.toml"
        path.write_text(HEAD + "\n".join(statements), "utf-8")
        return path


@pytest.fixture
def region(monkeypatch: pytest.MonkeyPatch) -> Iterator[Region]:
    with TemporaryDirectory(prefix="yaoshi-") as root:
        yield Region(Path(root), monkeypatch)


@pytest.mark.parametrize("words", ["application", "node", "repair --yes"])
def test_a_part_that_is_typed_by_hand_makes_files_for_its_own_user_alone(words: str, region: Region) -> None:
    before = os.umask(0o022)
    try:
        assert region.at("AA", *words.split()).exit_code == 1, "there is no ledger yet"
        assert os.umask(0o022) == 0o077
    finally:
        os.umask(before)


def test_what_the_page_says_founds_one_ledger_at_four_members(region: Region) -> None:
    for code in CODES:
        made = region.make_keys(code)
        assert made.exit_code == 0, made.output
    agreement = region.agreement()

    fingerprints = set()
    for code in CODES:
        signed = region.at(code, "init", str(agreement), typed="y\n")
        assert signed.exit_code == 0, signed.output
        assert "DD Hospital, node " in signed.output
        assert "When all are here" in signed.output
        fingerprints.add(signed.output.split("before signing:  ")[1].splitlines()[0])
    assert len(fingerprints) == 1

    signatures = [str(path) for path in sorted(region.root.glob("*.signatures"))]
    assert len(signatures) == 4
    for code in CODES:
        founded = region.at(code, "init", str(agreement), *signatures, "--yes")
        assert founded.exit_code == 0, founded.output
        assert "The ledger is founded" in founded.output
    geneses = {path.read_bytes() for path in region.root.glob("*/*/genesis.json")}
    assert len(geneses) == 1
    assert [one["code"] for one in parse_genesis(geneses.pop()).institutions] == list(CODES)


def test_nothing_is_signed_without_a_yes(region: Region) -> None:
    for code in CODES:
        region.make_keys(code)
    refused = region.at("AA", "init", str(region.agreement()), typed="n\n")
    assert refused.exit_code == 1
    assert list(region.root.glob("*.signatures")) == []


def test_who_changed_an_address_in_the_agreement_gets_no_signature(region: Region) -> None:
    for code in CODES:
        region.make_keys(code)
    path = region.agreement()
    path.write_text(path.read_text("utf-8").replace("https://bb.example", "https://evil.example"), "utf-8")
    refused = region.at("BB", "init", str(path), "--yes")
    assert refused.exit_code == 1
    assert "to the letter" in refused.output


WRONG = {
    "the agreement is no TOML": ("[[", "not TOML"),
    "it holds no members": (HEAD, "[[operator]]"),
}


@pytest.mark.parametrize(("text", "says"), WRONG.values(), ids=WRONG)
def test_a_plain_message_when(region: Region, text: str, says: str) -> None:
    region.make_keys("AA")
    path = region.root / "agreement.toml"
    path.write_text(text, "utf-8")
    refused = region.at("AA", "init", str(path), "--yes")
    assert refused.exit_code == 1
    assert says in refused.output


def test_keys_are_not_made_twice_and_a_node_does_not_start_without_a_ledger(region: Region) -> None:
    assert region.make_keys("AA").exit_code == 0
    again = region.make_keys("AA")
    assert again.exit_code == 1
    assert "holds keys already" in again.output
    for command in ("application", "node", "status"):
        assert region.at("AA", command).exit_code == 1
