"""A node that serves an older ledger than it did notices, writes nothing, says so, and waits for a person."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from click.testing import Result
from flask.testing import FlaskClient, FlaskCliRunner

from app import commands, compose, create_app
from gateway.composition import Gateway
from gateway.disclosure.release import Denied
from gateway.identity.founding import found
from gateway.operation.watermark import (
    TOLD_MS,
    MarkUnreadableError,
    Watermark,
    is_behind,
    read_mark,
    write_mark,
)
from ledger.errors import Unavailable
from tests.gateway.conftest import CONSOLE, Entropy
from tests.gateway.disclosure.world import give
from tests.gateway.operation.conftest import Life, Older
from tests.postgres import sqlite_alone


def run(monkeypatch: pytest.MonkeyPatch, gw: Gateway, *words: str, **more: Any) -> Result:
    """A command on this node's folder."""
    monkeypatch.setattr("gateway.cli.ledger.command_settings", lambda: gw.settings)
    return FlaskCliRunner(commands).invoke(args=list(words), **more)


def client_of(node: Gateway) -> FlaskClient:
    return create_app(gateway=node).test_client()


def test_the_root_of_an_earlier_size_is_the_one_of_that_time(gw: Gateway, life: Life) -> None:
    roots = {}
    for _ in range(9):
        with gw.ledger.view() as view:
            roots[view.size] = view.root
        life.look()
    with gw.ledger.view() as view:
        assert {size: view.root_at(size) for size in roots} == roots


def test_the_mark_follows_the_ledger_and_is_for_its_owner_alone(gw: Gateway, life: Life) -> None:
    path = gw.settings.mark_path
    assert read_mark(path) is None
    for _ in range(2):
        gw.watermark.raise_now()
        with gw.ledger.view() as view:
            mark = read_mark(path)
            assert mark is not None
            assert (mark.ledger, mark.size, mark.root) == (gw.ledger.id, view.size, view.root.hex())
            assert not is_behind(view, mark)
        life.look()
    assert path.stat().st_mode & 0o777 == 0o600
    assert not path.is_relative_to(gw.settings.data)
    assert [each.name for each in path.parent.iterdir() if each.name.startswith(".")] == []


@sqlite_alone
def test_a_ledger_that_grew_or_another_one_is_not_behind(gw: Gateway, life: Life, clock: Any) -> None:
    gw.watermark.raise_now()
    life.look()
    gw.close()
    assert compose_again(gw).watermark.code is None
    shutil.rmtree(gw.settings.data)
    found(gw.settings, clock, Entropy(99))
    new = compose(gw.settings, clock, gw.entropy)
    assert new.watermark.code is None
    new.watermark.raise_now()
    mark = read_mark(gw.settings.mark_path)
    new.close()
    assert mark is not None
    assert mark.ledger == new.ledger.id


def compose_again(gw: Gateway) -> Gateway:
    again = compose(gw.settings, gw.clock, gw.entropy)
    again.close()
    return again


def test_an_older_ledger_is_shown_and_takes_nothing(gw: Gateway, life: Life, older: Older) -> None:
    node = older(life)
    client = client_of(node)
    ready = client.get("/readyz", base_url=CONSOLE)
    assert ready.status_code == 503
    (warning,) = ready.json["warnings"]
    assert warning["code"] == "ledger-rolled-back"
    assert "administrator" in warning["todo"]["en"]
    assert "手机" in warning["todo"]["zh-CN"]
    size = int(client.get("/ledger/checkpoint", base_url=CONSOLE).text.split("\n")[1])
    for act in (life.look, life.disclose, lambda: give(life.world)):
        with pytest.raises(Unavailable, match="ledger-rolled-back"):
            act()
    with pytest.raises(Unavailable, match="ledger-rolled-back"):
        node.ledger.submit("anything")
    with node.ledger.view() as view:
        assert view.size == size
    # A mark is never lowered by the node itself, however often it starts.
    before = gw.settings.mark_path.read_bytes()
    node.watermark.raise_now()
    node.close()
    compose_again(node)
    assert gw.settings.mark_path.read_bytes() == before


def test_staff_read_it_on_their_screen_and_a_look_is_refused_with_what_to_do(
    life: Life, older: Older, console_as: Callable[..., FlaskClient]
) -> None:
    session = console_as("clinician", life.world.custodian).get_cookie("yaoshi", domain="localhost")
    assert session is not None
    node = older(life)
    client = client_of(node)
    client.set_cookie("yaoshi", session.value, domain="localhost")
    status = client.get("/console/api/status", base_url=CONSOLE)
    assert [one["code"] for one in status.json["warnings"]] == ["ledger-rolled-back"]
    refused = client.post(
        f"/console/api/patients/{life.world.patient_id}/open",
        json={},
        base_url=CONSOLE,
        headers={"Origin": CONSOLE},
    )
    assert (refused.status_code, refused.json["code"]) == (503, "ledger-rolled-back")
    node.close()


def test_a_person_accepts_the_loss_and_what_was_granted_before_opens_nothing(
    life: Life, older: Older, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = older(life)
    with node.ledger.view() as view:
        size = view.size
    asked = run(monkeypatch, node, "ledger", "accept-loss", input="n\n")
    assert asked.exit_code == 1
    assert f"has {size} records; {size + 2} are known" in asked.output
    assert read_mark(node.settings.mark_path).size == size + 2  # type: ignore[union-attr]
    assert run(monkeypatch, node, "ledger", "accept-loss", "--yes").exit_code == 0
    node.close()
    again = compose(node.settings, clock, node.entropy)
    life.world = replace(life.world, gw=again)
    assert (again.watermark.code, again.watermark.distrusted) == ("ledger-records-lost", size)
    assert client_of(again).get("/readyz", base_url=CONSOLE).json["ready"] is True
    life.look()
    assert life.ask() == Denied()  # the one denial, whatever its cause
    life.grant = give(life.world)
    life.disclose()
    again.watermark.raise_now()
    (loss,) = read_mark(node.settings.mark_path).losses  # type: ignore[union-attr]
    clock.now = loss.at + TOLD_MS
    assert (again.watermark.code, again.watermark.distrusted) == (None, size)
    again.close()
    nothing = run(monkeypatch, node, "ledger", "accept-loss", "--yes")
    assert nothing.exit_code == 1
    assert "nothing was changed" in nothing.output


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"ledger": 1}',
        '{"ledger":"x","size":1,"root":"y","at":1,"losses":[]}',
        '{"losses":[{}]}',
    ],
)
def test_a_mark_that_says_nothing_is_an_error_and_not_a_small_one(text: str, tmp_path: Path) -> None:
    path = tmp_path / "mark"
    path.write_text(text)
    with pytest.raises(MarkUnreadableError):
        read_mark(path)


def test_a_mark_that_cannot_be_written_is_told_and_the_node_goes_on(gw: Gateway, life: Life) -> None:
    gw.settings.mark_path.mkdir()
    told: list[str] = []
    heard = Event()

    def failed(kind: str) -> None:
        told.append(kind)
        heard.set()

    Watermark(gw.settings.mark_path, gw.ledger, gw.clock).follow(failed)
    assert heard.wait(10)
    assert told[0] == "IsADirectoryError"
    assert life.look()


def test_the_mark_is_raised_after_commits_without_being_asked(gw: Gateway, life: Life) -> None:
    gw.watermark.follow(lambda kind: None)
    life.look()
    path, wait = gw.settings.mark_path, Event()
    for _ in range(200):
        mark = read_mark(path)
        if mark is not None:
            break
        wait.wait(0.05)
    assert mark is not None
    assert mark.size > 1


def test_a_mark_is_replaced_whole(tmp_path: Path, gw: Gateway) -> None:
    gw.watermark.raise_now()
    mark = read_mark(gw.settings.mark_path)
    assert mark is not None
    write_mark(tmp_path / "deep" / "er" / "mark", replace(mark, size=7))
    assert read_mark(tmp_path / "deep" / "er" / "mark") == replace(mark, size=7)
