"""A member's node comes back: from an older backup, on a new machine, after a repair, after an upgrade."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from app import compose, create_app
from gateway.cli.opening import now_ms
from gateway.consortium.home import STATE, HomeError, repair
from gateway.contracts import CONTRACTS
from gateway.operation.backup.archive import BackupError, read_archive
from gateway.operation.backup.making import make_backup
from gateway.operation.backup.restoring import Restored, Wishes, restore
from gateway.store.database import open_database
from ledger.committed import Committed
from ledger.errors import Fatal, Unavailable
from ledger.store.database import Store
from ledger.store.place import Postgres
from ledger.store.postgres import drop_schema
from tests.gateway.consortium.commands import refused, typed
from tests.gateway.consortium.members import CODES, needs_cometbft
from tests.gateway.consortium.network import Network, Side
from tests.gateway.operation.conftest import silent
from tests.ledger.engine.network import wait_until
from tests.postgres import programs, shared

pytestmark = needs_cometbft
NO_EVIDENCE = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"  # SHA-256 of nothing


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    server = shared() if programs() is not None else None
    kept = {} if server is None else {CODES[3]: server.new_database()}
    with TemporaryDirectory(prefix="y-") as root:
        made = Network(Path(root), postgres={code: Postgres(one) for code, one in kept.items()})
        for one in made.sides:
            open_database(one.settings.database_place).dispose()
        yield made
        made.close()
    for one in kept.values():
        shared().drop_database(one)


def nobody_signed_twice(network: Network) -> None:
    """No block holds evidence against a validator."""
    side = network.sides[0]
    for lowest in range(1, side.height + 1, 20):
        found = side.ask(f"blockchain?minHeight={lowest}&maxHeight={lowest + 19}")
        assert {one["header"]["evidence_hash"] for one in found["block_metas"]} == {NO_EVIDENCE}


def backed_up(side: Side, path: Path) -> Path:
    make_backup(side.settings, path, with_keys=True, clock=now_ms, progress=silent)
    return path


def put_back(side: Side, path: Path, **wishes: Any) -> Restored:
    with path.open("rb") as source:
        return restore(
            side.settings,
            source,
            Wishes(**wishes),
            clock=now_ms,
            entropy=os.urandom,
            progress=silent,
        )


def votes_again(network: Network, side: Side) -> None:
    """The chain needs this side: with another one stopped it goes on."""
    other = next(one for one in network.sides if one is not side)
    other.stop_node()
    assert isinstance(side.write(), Committed)
    other.start_node()
    network.assert_level()


def test_a_backup_holds_the_nodes_keys_when_asked_and_never_what_it_remembers(
    network: Network, tmp_path: Path
) -> None:
    side = network.sides[3]
    for with_keys in (True, False):
        path, folder = tmp_path / f"{with_keys}.tar", tmp_path / f"{with_keys}"
        make_backup(side.settings, path, with_keys=with_keys, clock=now_ms, progress=silent)
        folder.mkdir()
        with path.open("rb") as source:
            names = [one.name for one in read_archive(source, folder, silent).files]
        assert ("node/config/priv_validator_key.json" in names) == with_keys
        assert not any("priv_validator_state" in name for name in names)


@pytest.mark.parametrize("number", [1, 3], ids=["files", "PostgreSQL"])
def test_an_older_backup_gets_level_from_its_own_node_and_signs_nothing_twice(
    number: int, network: Network, tmp_path: Path
) -> None:
    side = network.sides[number]
    path = backed_up(side, tmp_path / "older.tar")
    size = side.tip()[0]
    network.history()
    network.assert_level()
    with pytest.raises(BackupError, match="is running"):
        put_back(side, path, replace=True)
    side.stop()
    network.history()
    state = (side.settings.node_path / STATE).read_bytes()
    done = put_back(side, path, replace=True)
    assert done.node
    assert done.aside is not None
    assert not (done.aside / "node").exists(), "a node's folder is never there twice"
    assert (side.settings.node_path / STATE).read_bytes() == state
    assert side.tip()[0] == size
    side.start_application()
    gateway = create_app(gateway=compose(side.settings))
    ready = gateway.test_client().get("/readyz", base_url=side.settings.console_origin)
    assert (ready.status_code, [one["code"] for one in ready.json["warnings"]][:1]) == (
        503,
        ["ledger-catching-up"],
    )
    assert "The other members have these records" in refused(side, "ledger", "accept-loss", "--yes")
    side.start_node()
    network.assert_level()
    assert gateway.extensions["yaoshi"].watermark.code is None, "it goes on by itself"
    gateway.extensions["yaoshi"].close()
    votes_again(network, side)
    nobody_signed_twice(network)


def test_a_new_machine_signs_nothing_that_the_lost_one_may_have_signed(
    network: Network, tmp_path: Path
) -> None:
    side = network.sides[3]
    path = backed_up(side, tmp_path / "keys.tar")
    network.history()
    side.stop()
    stick = shutil.copytree(side.settings.offline_path, tmp_path / "stick")
    shutil.rmtree(side.settings.data)
    if isinstance(side.settings.postgres, Postgres):
        for schema in ("ledger", "gateway"):  # the server is gone, too
            drop_schema(side.settings.postgres, schema)
    with pytest.raises(BackupError, match="--signed-up-to"):
        put_back(side, path)
    height = network.sides[2].height
    done = put_back(side, path, signed_up_to=height)
    assert done.node
    state = json.loads((side.settings.node_path / STATE).read_text("utf-8"))
    assert int(state["height"]) == height + 1
    with pytest.raises(Unavailable, match="ledger-missing"):  # it comes with the blocks
        Store(side.settings.ledger_place, write=False)
    for path in (side.settings.node_path / "config").iterdir():
        assert path.stat().st_mode & 0o077 == 0
    shutil.copytree(stick, side.settings.offline_path)
    side.start()
    network.history()
    network.assert_level()
    votes_again(network, side)
    nobody_signed_twice(network)


def test_a_repair_gets_everything_anew_from_the_others(network: Network) -> None:
    side = network.sides[1]
    side.stop_node()
    with pytest.raises(HomeError, match="stop the application"):
        repair(side.settings, "1")
    side.start_node()
    wait_until(lambda: side.height > 0, "it answers")
    with pytest.raises(HomeError, match="node is running"):
        repair(side.settings, "1")
    side.stop()
    network.history()
    state = (side.settings.node_path / STATE).read_bytes()
    said = typed(side, "consortium", "repair", "--yes")
    (kept,) = side.settings.data.glob("ledger-before-*.db")
    assert kept.name in said
    assert [one.name for one in (side.settings.node_path / "data").iterdir()] == [Path(STATE).name]
    assert (side.settings.node_path / STATE).read_bytes() == state
    assert repair(side.settings, "2") is None, "typed again it does no harm"
    side.start()
    network.assert_level()
    votes_again(network, side)
    nobody_signed_twice(network)


def test_a_node_that_does_not_know_the_rules_in_force_stops_and_goes_on_after_the_update(
    network: Network,
) -> None:
    both = {**CONTRACTS, 3: CONTRACTS[2]}
    old = network.sides[3]
    for one in network.sides[:3]:
        one.stop()
        one.contracts = both
        one.start()
    network.assert_level()
    start = network.sides[0].tip()[0] + 5
    network.decide({"do": "rules.activate", "version": 3, "from": start, "release": "Yaoshi 3.0"})
    network.assert_level()
    assert old.stopped_by is None, "not before its index"
    for _ in range(start - network.sides[0].tip()[0] + 2):
        assert isinstance(network.sides[0].write(), Committed)
    wait_until(lambda: old.stopped_by is not None, "it stops at the index")
    assert isinstance(old.stopped_by, Fatal)
    assert old.stopped_by.code == "rules-unknown"
    assert "install Yaoshi 3.0 or later" in str(old.stopped_by)
    assert old.node is not None
    old.node.wait(60)
    old.stop()
    old.start_application()
    assert isinstance(old.stopped_by, Fatal), "the earlier program stops again, and says the same"
    assert old.tip()[0] == start
    old.contracts = both
    old.start()
    network.assert_level()
    assert old.tip()[0] > start
    votes_again(network, old)
