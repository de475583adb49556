"""An institution that came later is seen at every door: registry, directory, where the wallet may connect."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient

from gateway.composition import Gateway
from gateway.identity.keyring import read_keys
from gateway.identity.signing import submit_signed
from gateway.reuse.rules.rulings import _review_keys
from ledger.committed import Committed
from ledger.encoding import unb64u
from ledger.signing import sign_compact
from tests.ledger import world
from tests.ledger.voting import NEW_INSTITUTION, new_institution, proven


def _vote(gw: Gateway, change: dict[str, Any]) -> str:
    """The only operator proposes, and that decides it."""
    operator = gw.ledger.genesis.operators[0]["id"]
    payload = {"ledger": gw.ledger.id, "subject": operator, "kind": "operator.propose", "at": gw.clock()}
    ring = read_keys(gw.settings.offline_path)
    done = submit_signed(gw, ring.sign(operator, "vote", "yaoshi-entry", {**payload, "change": change}))
    assert isinstance(done, Committed), done
    return done.entry_id


def _joined(gw: Gateway) -> None:
    operator = gw.ledger.genesis.operators[0]["id"]
    admission = {"do": "institution.admit", "institution": new_institution(operator=operator)}
    proposal = _vote(gw, proven(gw.ledger.id, admission))
    payload = {
        "ledger": gw.ledger.id,
        "subject": NEW_INSTITUTION,
        "kind": "institution.join",
        "at": gw.clock(),
    }
    seed = world.seed(f"{NEW_INSTITUTION}/offline")
    done = submit_signed(gw, sign_compact(seed, "yaoshi-entry", {**payload, "proposal": proposal}))
    assert isinstance(done, Committed), done


def test_who_came_later_is_at_every_door(
    client_wallet: FlaskClient, client_console: FlaskClient, gw: Gateway
) -> None:
    _joined(gw)
    answer = client_wallet.get("/registry.json")
    assert [one["code"] for one in answer.json["institutions"]] == ["WX", "WT", "QH", "ZZ"]
    assert "http://localhost:8081" in answer.headers["Content-Security-Policy"]
    found: Any = client_console.get("/ledger/registry").json
    assert found["institutions"][-1]["keys"] == new_institution()["keys"]
    assert [one["active"] for one in found["operators"]] == [True]
    with gw.ledger.view() as view:
        assert _review_keys(view, NEW_INSTITUTION) == [unb64u(new_institution()["keys"]["review"])]


def test_another_address_and_a_leaving_are_seen_at_once(
    client_wallet: FlaskClient, client_console: FlaskClient, gw: Gateway
) -> None:
    _joined(gw)
    _vote(
        gw, {"do": "institution.change", "institution": NEW_INSTITUTION, "base": "https://moved.example/i/1"}
    )
    answer = client_wallet.get("/registry.json")
    assert "https://moved.example" in answer.headers["Content-Security-Policy"]
    assert "http://localhost:8081" not in answer.headers["Content-Security-Policy"]
    _vote(gw, {"do": "institution.retire", "institution": NEW_INSTITUTION})
    rows = client_wallet.get("/registry.json").json["institutions"]
    assert [one["retired"] for one in rows] == [False, False, False, True]
    assert client_console.get("/ledger/registry").json["institutions"][-1]["retired"] is True
