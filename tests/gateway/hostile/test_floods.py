"""Too much of something: readings, bodies without a length, a database that somebody else holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import psycopg
import pytest

from gateway.store.database import WRITERS_LOCK
from gateway.wallet import entries
from tests.gateway.conftest import CONSOLE
from tests.gateway.hostile.knocks import code_of, from_wallet, knock, size
from tests.gateway.wallet.story import CHECKS, Story


def test_a_phone_does_not_fill_the_ledger_with_its_own_readings(story: Story) -> None:
    phone = story.linked()
    url, headers = f"/i/{story.hospital}/wallet/records", from_wallet(**phone.bearer())
    before = size(story.gw)
    answers = [
        knock(story.gw, story.client(), "POST", url, json={"kinds": ["allergy"]}, headers=headers)
        for _ in range(70)
    ]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429] * 10
    assert size(story.gw) == before + 60
    assert int(answers[-1].headers["Retry-After"]) == 1
    # Looking at who looked, and taking back, go on.
    assert knock(
        story.gw, story.client(), "POST", url.replace("records", "timeline"), json={}, headers=headers
    )


def test_endings_that_end_nothing_are_limited_and_one_that_does_is_not(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "ENTRIES_PER_MINUTE", 4)
    phone = story.linked()
    _, offer = story.granted(phone)
    junk = [phone.submit("grant.revoke", grant=f"{number:064x}").status_code for number in range(6)]
    assert junk == [409] * 3 + [429] * 3, "the giving was one of the four"
    revocation = {"entry": phone.entry("grant.revoke", grant=offer["grant"])}
    assert [phone.post("entries", revocation).status_code for _ in range(5)] == [201] * 5
    assert phone.submit("grant.revoke", grant=offer["grant"], at=story.gw.clock() - 1).status_code == 429


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/console/api/session", "application/json"), ("TOKEN", "application/x-www-form-urlencoded")],
    ids=["JSON", "a form"],
)
def test_a_body_without_a_length_ends_at_the_limit(story: Story, path: str, kind: str) -> None:
    """Chunked bodies name no length (RFC 9112 7.1): the limit is held while they are read."""
    endless = BytesIO(b'{"a":"' + b"x" * (3 * story.gw.settings.body_limit))
    environ: dict[str, Any] = {
        "wsgi.input": endless,
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    url = path.replace("TOKEN", f"/i/{story.hospital}/token")
    answer = story.client().post(
        url,
        content_type=kind,
        environ_overrides={**environ, "CONTENT_LENGTH": ""},
        headers={"Origin": CONSOLE},
    )
    assert (answer.status_code, code_of(answer)) in (
        (413, "body-too-large"),
        (400, "json-malformed"),
        (400, "invalid_request"),
    )
    assert endless.tell() <= story.gw.settings.body_limit


@pytest.fixture
def held(story: Story) -> Iterator[Story]:
    """The database's write lock in somebody else's hands, and our patience at an end at once."""

    place = story.gw.settings.postgres
    with story.gw.db.begin() as conn:  # the one connection that writes
        conn.exec_driver_sql("PRAGMA busy_timeout=1" if place is None else "SET lock_timeout = 1")
    other: sqlite3.Connection | psycopg.Connection[Any]
    if place is None:
        other = sqlite3.connect(story.gw.settings.database_path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
    else:
        other = psycopg.connect(place.conninfo)
        other.execute(f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})")
    yield story
    other.execute("ROLLBACK")
    other.close()


def test_a_database_that_does_not_answer_is_an_outage_and_no_fault(held: Story) -> None:
    wallet, staff, before = f"/i/{held.hospital}/wallet", "/console/api", size(held.gw)
    tries: list[tuple[Any, str, str, dict[str, Any]]] = [
        (
            held.desk,
            "POST",
            f"{staff}/patients/{held.patient}/invites",
            {"json": {"checks": CHECKS, "rekey": False}},
        ),
        (held.clinician, "POST", f"{staff}/patients/{held.patient}/open", {"json": {}}),
        (held.client(), "POST", f"{wallet}/nonce", {"json": {"link": "0" * 32}, "headers": from_wallet()}),
        (held.desk, "DELETE", f"{staff}/session", {}),
    ]
    for client, method, url, body in tries:
        answer = knock(held.gw, client, method, url, **body)
        assert (answer.status_code, code_of(answer)) == (503, "outcome-unknown"), url
        assert int(answer.headers["Retry-After"]) > 0
    assert size(held.gw) == before
    assert held.desk.post(f"{staff}/patients/search", json={"text": "chart-first"}).status_code == 200
