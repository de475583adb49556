"""What a stranger can read of the ledger: enough to notice a rewritten past, nothing about anybody."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from flask.testing import FlaskClient

from consent.links import own_id
from gateway.composition import Gateway
from gateway.identity.signing import submit_entry
from gateway.ledger_door.tiles import parse_tile, tile_name
from ledger.checkpoint import open_checkpoint
from ledger.encoding import unb64u
from ledger.merkle import root_of


def open_links(gw: Gateway, count: int) -> None:
    institution = gw.ledger.genesis.institutions[0]["id"]
    for _ in range(count):
        link = own_id(institution, gw.entropy)
        answer = submit_entry(gw, institution, "desk", "link.open", link, institution=institution)
        assert not hasattr(answer, "code"), answer


def test_the_genesis_hashes_to_the_ledger_id(client_console: FlaskClient, gw: Gateway) -> None:
    assert hashlib.sha256(client_console.get("/ledger/genesis").data).hexdigest() == gw.ledger.id


def test_the_tiles_give_the_root_that_the_checkpoint_signs(client_console: FlaskClient, gw: Gateway) -> None:
    open_links(gw, 4)
    note = client_console.get("/ledger/checkpoint")
    assert note.content_type == "text/plain; charset=utf-8"
    size, root = note.text.splitlines()[1:3]
    assert size == "5"
    key = unb64u(gw.ledger.genesis.operators[0]["keys"]["checkpoint"])
    assert open_checkpoint(note.text, gw.ledger.genesis.origin, key).size == 5
    tile = client_console.get("/ledger/tile/0/000.p/5")
    assert tile.content_type == "application/octet-stream"
    assert "immutable" in tile.headers["Cache-Control"]
    leaves = [tile.data[at : at + 32] for at in range(0, len(tile.data), 32)]
    assert base64.b64encode(root_of(leaves)).decode() == root


@pytest.mark.parametrize(
    "name",
    [
        "0/000",
        "0/000.p/6",
        "0/000.p/0",
        "0/000.p/256",
        "0/001.p/1",
        "1/000.p/1",
        "0/0.p/1",
        "0/x000/000.p/1",
        "8/000.p/1",
        "63/000.p/1",
        "-1/000",
        "0/000.p/05",
        "entries/000.p/1",
        "0/" + "x999/" * 30 + "999",
        "٠/000.p/1",
    ],
)
def test_no_tile_is_given_that(name: str, client_console: FlaskClient, gw: Gateway) -> None:
    open_links(gw, 4)
    answer = client_console.get(f"/ledger/tile/{name}")
    assert (answer.status_code, answer.json["code"]) == (404, "tile-unknown")


@pytest.mark.parametrize(
    ("index", "name"),
    [
        (0, "0/000"),
        (999, "0/999"),
        (1000, "0/x001/000"),
        (1234067, "0/x001/x234/067"),
    ],
)
def test_a_tile_has_one_name(index: int, name: str) -> None:
    tile = parse_tile(name)
    assert tile is not None
    assert tile.index == index
    assert tile_name(tile) == name


def test_the_registry_names_who_takes_part_and_their_keys(client_console: FlaskClient, gw: Gateway) -> None:
    found: dict[str, Any] = client_console.get("/ledger/registry").json
    assert found["ledger"] == gw.ledger.id
    assert [one["code"] for one in found["institutions"]] == ["WX", "WT", "QH"]
    assert found["institutions"][0]["keys"] == gw.ledger.genesis.institutions[0]["keys"]
