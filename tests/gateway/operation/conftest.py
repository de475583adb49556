"""A node with a linked patient, a grant, and a few looks and disclosures behind it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app import compose
from gateway.composition import Gateway
from gateway.disclosure.release import Ask, Denied, Released, release
from gateway.looks.looks import record_look
from gateway.operation.backup.archive import Manifest
from gateway.operation.backup.making import make_backup
from gateway.records.searching.query import Query, parse_query
from gateway.settings import Settings
from ledger.store.place import Postgres
from tests.gateway.disclosure.world import World, give, make_world
from tests.postgres import shared

USER = {"id": "dr-1", "name": "合成医生", "role": "physician"}


Older = Callable[["Life"], Gateway]


class Life:
    """What happens at a node all day: looks at the own chart, and disclosures under a grant."""

    def __init__(self, gw: Gateway) -> None:
        self.world: World = make_world(gw)
        self.grant = give(self.world)

    def look(self) -> str:
        made = record_look(
            self.world.gw,
            self.world.custodian,
            self.world.patient_id,
            USER,
            "own-care",
            {"kinds": ["laboratory"], "count": 1},
        )
        return str(made.entry_id)

    def disclose(self) -> str:
        released = self.ask()
        assert isinstance(released, Released)
        return released.entry_id

    def ask(self) -> Released | Denied:
        query = parse_query("Observation", [("patient", self.world.patient_id)], "strict")
        assert isinstance(query, Query)
        asked = Ask(
            custodian=self.world.custodian,
            under=self.grant,
            grantee=self.world.grantee,
            user=USER,
            purpose="TREAT",
            assertion="the client's assertion",
            query=query,
        )
        return release(self.world.gw, asked)


@pytest.fixture
def life(gw: Gateway) -> Life:
    found = Life(gw)
    found.look()
    found.disclose()
    return found


@pytest.fixture
def older() -> Iterator[Older]:
    """older(life): the same node with the databases of a while ago, as a snapshot brings them back."""
    made: list[Gateway] = []

    def make(life: Life) -> Gateway:
        gw, settings = life.world.gw, life.world.gw.settings
        kept = settings.data.with_name("kept")
        gw.close()
        shutil.copytree(settings.data, kept)
        if settings.postgres is not None:
            settings = replace(settings, postgres=Postgres(shared().copy_of(settings.postgres.conninfo)))
        running = compose(gw.settings, gw.clock, gw.entropy)
        life.world = replace(life.world, gw=running)
        for _ in range(2):
            life.look()
        running.watermark.raise_now()
        running.close()
        shutil.rmtree(settings.data)
        kept.rename(settings.data)
        made.append(compose(settings, gw.clock, gw.entropy))
        life.world = replace(life.world, gw=made[-1])
        return made[-1]

    yield make
    for one in made:
        one.close()
        if one.settings.postgres is not None:
            shared().drop_database(one.settings.postgres.conninfo)


@pytest.fixture
def back_up(gw: Gateway, tmp_path: Path) -> Callable[..., tuple[Path, Manifest]]:
    """back_up("name", with_keys=True): a backup of the running node."""

    def make(name: str = "backup.tar", **options: Any) -> tuple[Path, Manifest]:
        wanted = {"with_keys": False, "progress": silent, **options}
        return tmp_path / name, make_backup(gw.settings, tmp_path / name, clock=gw.clock, **wanted)

    return make


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """Another machine: the same addresses, and nothing there yet."""
    return replace(settings, data=tmp_path / "elsewhere" / "node")


def silent(_what: str, _done: int, _total: int) -> None:
    """Progress that nobody watches."""
