"""Accounts from the command line: every step of their life, and no password where others could see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import Result
from flask.testing import FlaskCliRunner

from app import commands, compose
from gateway.cli.opening import now_ms
from gateway.composition import Gateway
from gateway.identity.founding import found
from gateway.identity.lockout import FAILURES, count_guess, guess_at
from gateway.identity.passwords import password_matches
from gateway.identity.staff import list_staff
from gateway.settings import settings_from_env
from tests.gateway.conftest import Entropy

NAME = "沈怀瑾（合成）"
TYPED = "correct horse battery"


@pytest.fixture
def gw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A running node: the commands work beside it."""
    monkeypatch.setenv("YAOSHI_VAR", str(tmp_path))
    settings = settings_from_env()
    found(settings, now_ms, Entropy())
    running = compose(settings)
    yield running
    running.bus.close()
    running.close()


def run(*words: str, typed: str = "") -> Result:
    return FlaskCliRunner(commands).invoke(args=["staff", *words], input=typed)


def add(*more: str, typed: str = "") -> Result:
    done = run("add", "WX", "doctor", "--role", "clinician", "--name", NAME, *more, typed=typed)
    assert done.exit_code == 0, done.output
    return done


def password_of(gw: Gateway) -> str:
    (row,) = list_staff(gw)
    return str(row.password)


def line_of(user: str) -> str:
    return next(line for line in run("list").output.splitlines() if f" {user} " in line)


def test_a_made_password_is_shown_once_and_signs_in(gw: Gateway) -> None:
    made = add("--department", "内分泌科").output.split()[-1]
    assert len(made) == 23
    assert password_matches(password_of(gw), made)
    assert made not in run("list").output
    again = run("password", "wx", "doctor").output.split()[-1]
    assert again != made
    assert password_matches(password_of(gw), again)


@pytest.mark.parametrize("words", [("add",), ("password",)])
def test_a_typed_password_is_asked_for_twice_and_never_shown(words: tuple[str], gw: Gateway) -> None:
    if words == ("add",):
        said = add("--ask", typed=f"{TYPED}\n{TYPED}\n").output
    else:
        add()
        said = run("password", "WX", "doctor", "--ask", typed=f"{TYPED}\n{TYPED}\n").output
    assert TYPED not in said
    assert password_matches(password_of(gw), TYPED)
    short = run("password", "WX", "doctor", "--ask", typed="short\nshort\n")
    assert short.exit_code == 1
    assert "12 to 200 characters" in short.output
    assert password_matches(password_of(gw), TYPED)


def test_no_command_takes_a_password_as_a_word() -> None:
    group = commands.cli.commands["staff"]
    assert isinstance(group, click.Group)
    words = {
        parameter.name for each in group.commands.values() for parameter in each.params if parameter.name
    }
    assert words == {"institution", "user", "role", "name", "department", "ask", "yes"}


def test_an_account_is_closed_and_opened_again_with_its_former_password(gw: Gateway) -> None:
    made = add().output.split()[-1]
    assert " active " in line_of("doctor")
    assert "open sessions have ended" in run("disable", "WX", "doctor").output
    assert " disabled " in line_of("doctor")
    # A new password does not open what somebody closed.
    made = run("password", "WX", "doctor").output.split()[-1]
    assert " disabled " in line_of("doctor")
    assert run("enable", "WX", "doctor").exit_code == 0
    assert " active " in line_of("doctor")
    assert password_matches(password_of(gw), made)


def test_a_removed_account_is_gone_and_its_name_is_free(gw: Gateway) -> None:
    add()
    (before,) = list_staff(gw)
    kept = run("remove", "WX", "doctor", typed="n\n")
    assert kept.exit_code == 1
    assert len(list_staff(gw)) == 1
    assert run("remove", "WX", "doctor", "--yes").exit_code == 0
    assert list_staff(gw) == []
    add()
    (after,) = list_staff(gw)
    assert after.id != before.id


def test_a_locked_account_is_shown_and_unlocked(gw: Gateway) -> None:
    add()
    guess = guess_at(gw.ledger.genesis.institutions[0]["id"], "doctor", "192.0.2.1")
    for _ in range(FAILURES):
        assert count_guess(gw, guess) == 0
    assert count_guess(gw, guess) > 0
    assert " locked until " in line_of("doctor")
    assert run("unlock", "WX", "doctor").exit_code == 0
    assert " active " in line_of("doctor")
    assert count_guess(gw, guess) == 0


@pytest.mark.usefixtures("gw")
@pytest.mark.parametrize(
    "words",
    [("disable",), ("enable",), ("remove", "--yes"), ("unlock",), ("password",)],
    ids=lambda words: words[0],
)
def test_a_command_about_nobody_says_so(words: tuple[str, ...]) -> None:
    result = run(words[0], "WX", "nobody", *words[1:])
    assert result.exit_code == 1
    assert "no such account" in result.output
