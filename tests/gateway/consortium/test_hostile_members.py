"""What a member says of itself cannot change what the others read before they sign."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gateway.consortium.agreement import read_agreement
from gateway.consortium.founding import begin_joining, fingerprint
from gateway.identity.founding import Founder
from tests.gateway.consortium.commands import refused, typed
from tests.gateway.consortium.members import HEAD, needs_cometbft
from tests.gateway.consortium.network import Side

pytestmark = needs_cometbft
CODES = ("AA", "BB", "CC", "DD")
# Wipes the screen, writes another fingerprint, hides the rest, and turns the letters' order round.
SPELL = "\x1b[2J\x1b[HRead to each other: 0000 0000\x1b[8m\r\u202e\x9b2K"


@pytest.fixture
def root() -> Iterator[Path]:
    with TemporaryDirectory(prefix="yaoshi-") as root:  # short: a socket's path is
        yield Path(root)


def agreement_with(root: Path, operator: str, institution: str) -> tuple[Side, Path]:
    """The first of four sides, and the agreement in which the last one calls itself so."""
    sides = [Side(root, code) for code in CODES]
    statements = [side.make_keys() for side in sides[:3]]
    last = sides[3]
    founder = Founder(last.code, "hospital", institution, institution)
    statements.append(begin_joining(last.settings, operator, [founder], "dd.example:26656", os.urandom))
    path = root / "agreement.toml"
    path.write_text(HEAD + "\n".join(one.read_text("utf-8") for one in statements), "utf-8")
    return sides[0], path


@pytest.mark.parametrize("where", ["the operator's name", "the institution's name", "the ledger's name"])
def test_a_name_moves_no_cursor_where_people_compare_what_they_sign(root: Path, where: str) -> None:
    operator = f"DD {SPELL}" if where.startswith("the operator") else "DD"
    institution = f"DD {SPELL}" if where.startswith("the institution") else "DD"
    side, path = agreement_with(root, operator, institution)
    if where.startswith("the ledger"):
        name = r'name = "\u001b[2J\u202e\u009b2K"'
        path.write_text(path.read_text("utf-8").replace('name = "四院 Yaoshi"', name, 1), "utf-8")
    said = typed(side, "consortium", "init", str(path), "--yes")
    assert all(letter.isprintable() for line in said.split("\n") for letter in line)
    assert fingerprint(read_agreement(path.read_text("utf-8"))) in said


HOSTILE = {
    "a code that is a path": ('code = "DD"', 'code = "../../DD"'),
    "a code that stands for the operator": ('code = "DD"', 'code = "operator"'),
    "an id that is a path": ('id = "', 'id = "../'),
}


@pytest.mark.parametrize(("true", "false"), HOSTILE.values(), ids=HOSTILE)
def test_a_statement_names_no_file(root: Path, true: str, false: str) -> None:
    side, path = agreement_with(root, "DD", "DD")
    text = path.read_text("utf-8")
    at = text.rindex(true)
    path.write_text(text[:at] + false + text[at + len(true) :], "utf-8")
    before = {each for each in root.rglob("*") if each.is_file()}
    refused(side, "consortium", "init", str(path), "--yes")
    assert {each for each in root.rglob("*") if each.is_file()} <= before | {path}
