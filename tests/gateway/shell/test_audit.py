"""The auditor's page: checks the whole ledger anew and says which of three claims holds."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gateway.composition import Gateway
from gateway.console.audit_runs import Runs
from gateway.threads import Threads
from tests.gateway.ledger_door.test_door import open_links


@pytest.fixture
def auditor(console_as: Callable[..., FlaskClient], institutions: list[str]) -> FlaskClient:
    return console_as("auditor", institutions[0])


def finished(client: FlaskClient, run: str) -> dict[str, Any]:
    import threading

    for thread in threading.enumerate():
        if thread.name == "audit":
            thread.join(30)
    return client.get(f"/console/api/audit/runs/{run}").json


def test_a_run_says_that_all_three_claims_hold(auditor: FlaskClient, gw: Gateway) -> None:
    open_links(gw, 3)
    started = auditor.post("/console/api/audit/runs")
    assert started.status_code == 202
    state = finished(auditor, started.json["run"])
    assert state["state"] == "done"
    assert state["result"]["ok"] is True
    assert state["result"]["size"] == 4
    assert state["result"]["claims"] == {"unaltered": True, "signed": True, "checkpoint": True}


def test_the_list_shows_kinds_and_pseudonyms(auditor: FlaskClient, gw: Gateway) -> None:
    open_links(gw, 3)
    page = auditor.get("/console/api/audit/records?limit=2").json
    assert page["size"] == 4
    assert [(one["index"], one["kind"], one["subject_type"]) for one in page["records"]] == [
        (2, "link.open", "link"),
        (3, "link.open", "link"),
    ]
    first = auditor.get("/console/api/audit/records?from=0&limit=1").json["records"]
    assert [(one["kind"], one["seq"]) for one in first] == [("genesis", 1)]


@pytest.mark.parametrize(
    "query", ["from=-1", "from=x", "limit=0", "limit=100000", "from=1e3", "from=" + "9" * 400]
)
def test_a_strange_page_is_refused(query: str, auditor: FlaskClient) -> None:
    assert auditor.get(f"/console/api/audit/records?{query}").status_code == 422


def test_an_exported_file_checks_and_an_altered_one_names_the_place(
    auditor: FlaskClient, gw: Gateway
) -> None:
    open_links(gw, 3)
    exported = auditor.get("/console/api/audit/export")
    assert exported.headers["Content-Disposition"].startswith("attachment")
    data = exported.data
    exported.close()
    good = auditor.post("/console/api/audit/verify", data=data, content_type="application/octet-stream")
    assert good.json["ok"] is True
    lines = data.splitlines(keepends=True)
    row = json.loads(lines[3])
    row["heads"] = "A" * 43
    lines[3] = json.dumps(row).encode() + b"\n"
    bad = auditor.post("/console/api/audit/verify", data={"file": (io.BytesIO(b"".join(lines)), "ledger")})
    assert bad.json["ok"] is False
    assert bad.json["index"] == 2
    assert False in bad.json["claims"].values()


@pytest.mark.parametrize("body", [b"", b"\x00" * 10_000, b"{}\n", b"[" * 100_000, "名\n".encode()])
def test_any_other_file_is_different_and_nothing_worse(body: bytes, auditor: FlaskClient) -> None:
    answer = auditor.post("/console/api/audit/verify", data=body, content_type="application/octet-stream")
    assert (answer.status_code, answer.json["ok"]) == (200, False)


def test_taking_the_ledger_away_asks_for_the_password_again(auditor: FlaskClient, clock: Any) -> None:
    clock.advance(minutes=6)
    answer = auditor.get("/console/api/audit/export")
    assert (answer.status_code, answer.json["code"]) == (401, "signin-fresh-required")


def test_one_check_at_a_time() -> None:
    runs, go = Runs(Threads()), Event()
    first = runs.start(lambda progress: {"waited": go.wait(30)}, "a")
    assert first == "a"
    assert runs.start(lambda progress: {}, "b") is None
    go.set()
    import threading

    for thread in threading.enumerate():
        if thread.name == "audit":
            thread.join(30)
    assert runs.state("a") == {"state": "done", "done": 0, "total": 0, "result": {"waited": True}}
    assert runs.state("b") is None


def test_a_second_check_is_refused_while_one_runs(auditor: FlaskClient, flask_app: Flask) -> None:
    go = Event()
    flask_app.extensions["yaoshi-audit"].start(lambda progress: {"waited": go.wait(30)}, "a")
    assert auditor.post("/console/api/audit/runs").json["code"] == "audit-busy"
    go.set()
    assert finished(auditor, "a")["state"] == "done"


def test_an_unknown_run_is_not_found(auditor: FlaskClient) -> None:
    assert auditor.get("/console/api/audit/runs/0").json["code"] == "audit-run-unknown"
