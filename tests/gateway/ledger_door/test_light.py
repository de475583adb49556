"""What the open door says of blocks: none where one operator writes, and proofs that the log only grew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import create_app
from consent.links import own_id
from gateway.composition import Gateway
from gateway.console.audit_runs import check_ledger
from gateway.identity.signing import submit_entry
from ledger.encoding import unb64u
from ledger.engine.protocol import Engine
from ledger.errors import Unavailable
from ledger.genesis import parse_genesis
from ledger.merkle import verify_consistency
from tests.ledger import world


def test_a_ledger_of_one_operator_has_no_blocks(client_console: FlaskClient) -> None:
    for path in ("/ledger/light", "/ledger/light/1"):
        answer = client_console.get(path)
        assert (answer.status_code, answer.get_json()["code"]) == (404, "light-none")


class Absent:
    """A consortium's engine whose node has no block; all else is that of another engine."""

    genesis = parse_genesis(world.genesis_bytes(4, validators=True))

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def light_block(self, height: int | None) -> None:
        return None


@pytest.mark.parametrize("path", ["", "/1", "/0", "/01", "/x", "/-1", "/99999999999999999999", "/٣"])
def test_a_block_that_is_not_there_is_absent(gw: Gateway, path: str) -> None:
    client = create_app(gateway=replace(gw, ledger=Absent(gw.ledger))).test_client()
    answer = client.get(f"/ledger/light{path}", headers={"Host": "localhost:8080"})
    assert (answer.status_code, answer.get_json()["code"]) == (404, "light-absent")


class Silent(Absent):
    def light_block(self, height: int | None) -> None:
        raise Unavailable("ledger-unavailable", "the node does not answer")


@pytest.mark.parametrize("engine", [Absent, Silent], ids=["has no block yet", "does not answer"])
def test_a_check_without_the_other_hospitals_signatures_says_so_when_the_node(
    engine: type[Absent], gw: Gateway
) -> None:
    found = check_ledger(replace(gw, ledger=engine(gw.ledger)), lambda done, total: None)
    assert (found["ok"], found["certified"]) == (True, None)
    assert found["claims"] == {"unaltered": True, "signed": True, "checkpoint": True, "certificate": None}


def test_the_log_of_one_size_is_shown_to_be_the_beginning_of_another(
    client_console: FlaskClient, gw: Gateway
) -> None:
    institution = gw.ledger.genesis.institutions[0]["id"]
    roots = {}
    for _ in range(6):
        with gw.ledger.view() as view:
            roots[view.size] = view.root
        submit_entry(
            gw, institution, "desk", "link.open", own_id(institution, gw.entropy), institution=institution
        )
    for old, new in ((1, 6), (3, 5), (4, 4)):
        answer = client_console.get(f"/ledger/consistency/{old}/{new}")
        proof = [unb64u(value) for value in answer.get_json()["consistency"]]
        assert verify_consistency(old, new, proof, roots[old], roots[new])
        assert not verify_consistency(old, new, proof, roots[old], bytes(32))


@pytest.mark.parametrize("sizes", ["0/1", "2/1", "1/99", "x/1", "1/", "01/1", "1/9007199254740993"])
def test_no_proof_between_sizes_that_the_log_never_had(client_console: FlaskClient, sizes: str) -> None:
    answer = client_console.get(f"/ledger/consistency/{sizes}")
    assert answer.status_code == 404


def test_the_wallets_origin_may_read_the_proofs_and_no_other(
    client_console: FlaskClient, gw: Gateway
) -> None:
    wallet = gw.ledger.genesis.wallet
    allowed = client_console.get("/ledger/consistency/1/1", headers={"Origin": wallet})
    assert allowed.headers["Access-Control-Allow-Origin"] == wallet
    other = client_console.get("/ledger/consistency/1/1", headers={"Origin": "https://other.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
