"""Guessing is stopped, and nobody locks a colleague out by knowing a name."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from gateway.composition import Gateway
from gateway.identity.lockout import (
    FAILURES,
    FAILURES_EVERYWHERE,
    FORGET_MS,
    KNOWN_MS,
    LOCK_MS,
    Guess,
    count_guess,
    forget_failures,
    guess_at,
    locked_until,
    unlock,
)
from gateway.identity.staff import add_staff
from gateway.identity.tables import sign_in_failure
from gateway.web.problems import codes

PASSWORD = "a long enough password"
WARD, HOME = "192.0.2.10", "198.51.100.7"


@pytest.fixture
def account(gw: Gateway, institutions: list[str]) -> dict[str, str]:
    add_staff(gw, institutions[0], "doctor", PASSWORD, name="沈怀瑾（合成）", role="clinician")
    return {"institution": institutions[0], "user": "doctor", "password": PASSWORD}


def sign_in(client: FlaskClient, account: dict[str, str], address: str, **changed: str) -> int:
    answer = client.post(
        "/console/api/session",
        json={**account, **changed},
        environ_overrides={"REMOTE_ADDR": address},
    )
    return int(answer.status_code)


def wrong(gw: Gateway, guess: Guess, times: int) -> list[int]:
    return [count_guess(gw, guess) for _ in range(times)]


def test_who_knows_a_name_locks_himself_out_and_not_its_owner(
    client_console: FlaskClient, account: dict[str, str]
) -> None:
    for _ in range(FAILURES):
        assert sign_in(client_console, account, HOME, password="wrong password") == 401
    assert sign_in(client_console, account, HOME, password="wrong password") == 429
    assert sign_in(client_console, account, HOME) == 429
    assert sign_in(client_console, account, WARD) == 200


def test_guesses_at_one_moment_do_not_exceed_the_limit(
    flask_app: Any, account: dict[str, str], gw: Gateway
) -> None:
    together = Barrier(16)

    def guess(_number: int) -> int:
        client = flask_app.test_client()
        together.wait()
        return sign_in(client, account, HOME, password="wrong password")

    with ThreadPoolExecutor(16) as pool:
        answers = Counter(pool.map(guess, range(16)))
    assert answers == {401: FAILURES, 429: 16 - FAILURES}
    assert codes()["signin-locked"].status == 429


@pytest.mark.parametrize("user", ["doctor", "nobody"])
def test_many_addresses_together_are_stopped_and_known_ones_go_on(
    user: str, gw: Gateway, account: dict[str, str], clock: Any
) -> None:
    at = lambda address: guess_at(account["institution"], user, address)  # noqa: E731
    assert count_guess(gw, at(WARD)) == 0
    forget_failures(gw, at(WARD))
    for number in range(FAILURES_EVERYWHERE):
        assert count_guess(gw, at(f"203.0.113.{number}")) == 0
    assert count_guess(gw, at("203.0.113.200")) == LOCK_MS
    assert count_guess(gw, at(HOME)) == LOCK_MS
    assert count_guess(gw, at(WARD)) == 0
    clock.advance(LOCK_MS)
    assert count_guess(gw, at(HOME)) == 0


def test_an_address_is_known_for_a_while_only(gw: Gateway, account: dict[str, str], clock: Any) -> None:
    ward = guess_at(account["institution"], "doctor", WARD)
    assert count_guess(gw, ward) == 0
    forget_failures(gw, ward)
    clock.advance(KNOWN_MS)
    for number in range(FAILURES_EVERYWHERE):
        count_guess(gw, guess_at(account["institution"], "doctor", f"203.0.113.{number}"))
    assert count_guess(gw, ward) > 0


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("192.0.2.1", "192.0.2.2", False),
        ("no address", "no address", True),
        (None, "", True),
    ],
)
def test_an_address_is_one_of_ipv4_or_a_network_of_ipv6(
    first: str | None, second: str | None, same: bool, account: dict[str, str]
) -> None:
    one, two = (guess_at(account["institution"], "doctor", each) for each in (first, second))
    assert (one == two) is same


def test_failures_of_long_ago_do_not_count(gw: Gateway, account: dict[str, str], clock: Any) -> None:
    guess = guess_at(account["institution"], "doctor", HOME)
    assert wrong(gw, guess, FAILURES - 1) == [0] * (FAILURES - 1)
    clock.advance(FORGET_MS)
    assert wrong(gw, guess, FAILURES) == [0] * FAILURES
    assert count_guess(gw, guess) == LOCK_MS


def test_an_unlocked_account_may_be_tried_from_everywhere(gw: Gateway, account: dict[str, str]) -> None:
    guesses = [guess_at(account["institution"], "doctor", address) for address in (HOME, WARD)]
    for guess in guesses:
        wrong(gw, guess, FAILURES)
    assert locked_until(gw, account["institution"], "doctor") == gw.clock() + LOCK_MS
    unlock(gw, account["institution"], "doctor")
    assert locked_until(gw, account["institution"], "doctor") == 0
    assert [count_guess(gw, guess) for guess in guesses] == [0, 0]


def test_neither_names_nor_addresses_are_kept_and_old_rows_go(
    gw: Gateway, account: dict[str, str], clock: Any
) -> None:
    for number in range(30):
        count_guess(gw, guess_at(account["institution"], f"nobody-{number}", HOME))
    with gw.db.connect() as conn:
        text = str(conn.execute(select(sign_in_failure)).all())
    assert "nobody" not in text
    assert HOME not in text
    clock.advance(FORGET_MS + 1)
    guess = guess_at(account["institution"], "doctor", WARD)
    count_guess(gw, guess)
    forget_failures(gw, guess)
    with gw.db.connect() as conn:
        assert conn.scalar(select(func.count()).select_from(sign_in_failure)) == 2
