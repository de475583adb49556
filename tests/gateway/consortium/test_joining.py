"""A newcomer's statement is made for one ledger, and what is voted on shows that its keys are held."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.consortium.agreement import Statement, read_statement
from gateway.consortium.founding import Meeting, joining_path
from gateway.consortium.joining import Invitation, changes_for, come_in
from gateway.identity.founding import FoundingError, write_private
from gateway.identity.rotation import named_keys
from gateway.settings import Settings
from ledger.genesis import parse_genesis
from tests.gateway.consortium.members import members
from tests.ledger import world
from tests.ledger.voting import Council


@pytest.fixture(params=[1, 2], ids=["version 1", "version 2"])
def council(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Council]:
    made = Council(tmp_path, rules=request.param)
    yield made
    made.engine.close()


def stated(folder: Path, ledger: str | None) -> Statement:
    [member] = members(folder / "newcomer", ("EE",), ledger)
    return read_statement(member.statement)


def test_what_is_voted_on_is_what_the_rules_in_force_ask_for(council: Council, tmp_path: Path) -> None:
    told = stated(tmp_path, council.engine.id)
    with council.engine.view() as view:
        changes = changes_for(told, view)
    asked = council.engine.genesis.rules == 2
    assert [("proofs" in change) for change in changes.values()] == [asked, asked]
    council.propose(changes["operator"])
    assert council.propose_refused(changes["EE"]) == "party-unknown", "its operator has not joined"
    with council.engine.view() as view:
        named = named_keys(view, world.HOSPITAL, {"desk": world.seed("new desk")})
    assert ("proofs" in named) == asked
    council.done(f"{world.HOSPITAL}/offline", "institution.keys", world.HOSPITAL, **named)


@pytest.mark.parametrize("ledger", [None, "ab" * 32], ids=["no ledger", "another ledger"])
def test_a_statement_for_this_ledger_is_asked_for(
    council: Council, tmp_path: Path, ledger: str | None
) -> None:
    told = stated(tmp_path, ledger)
    with council.engine.view() as view:
        if council.engine.genesis.rules == 1:
            assert changes_for(told, view).keys() == {"operator", "EE"}
            return
        with pytest.raises(FoundingError, match="--invited"):
            changes_for(told, view)


@pytest.mark.parametrize("use", ["vote", "validator", "checkpoint"])
def test_a_statement_with_a_key_that_is_no_key_is_not_voted_on(tmp_path: Path, use: str) -> None:
    council = Council(tmp_path, rules=2)
    told = stated(tmp_path, council.engine.id)
    told.operators[0]["keys"][use] = "\ud800"
    with council.engine.view() as view, pytest.raises(FoundingError):
        changes_for(told, view)
    council.engine.close()


def test_keys_made_for_another_ledger_join_nothing(tmp_path: Path) -> None:
    genesis = parse_genesis(world.genesis_bytes(operators=4, validators=True, rules=2))
    settings = Settings(
        console_origin="http://localhost:8080", wallet_origin=genesis.wallet, data=tmp_path / "data"
    )
    [member] = members(tmp_path / "newcomer", ("EE",), "ab" * 32)
    statement = joining_path(settings) / "statement.toml"
    write_private(statement, member.statement.encode())
    with pytest.raises(FoundingError, match="another ledger"):
        come_in(settings, Invitation(genesis, {}), Meeting(26657))
    assert statement.exists()
    assert not settings.data.exists()


def test_the_ledger_takes_the_newcomer_whose_statement_was_made_for_it(tmp_path: Path) -> None:
    council = Council(tmp_path, rules=2)
    told = stated(tmp_path, council.engine.id)
    with council.engine.view() as view:
        change = changes_for(told, view)["operator"]
    council.decide(change)
    approved = council.get(f"approval/{told.operators[0]['id']}")
    assert approved["document"] == told.operators[0]
    council.engine.close()
