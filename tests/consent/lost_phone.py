"""Worlds in which a phone was lost: the desk put a new key, and what earlier keys said of it."""

from collections.abc import Callable

from consent.state import key_rights, link_state
from tests.consent.world import (
    DAY,
    HOUR,
    LINK,
    World,
    grant,
    linked,
    name32,
    phone,
    staff,
)

Put = Callable[[World], object]
NEW = phone("new phone")
NEWER = phone("newer phone")


def rekeyed() -> World:
    """Changed by the desk an instant ago: "phone" is earlier, "new phone" waits."""
    world = linked()
    world.rekey()
    return world


def contested() -> World:
    world = rekeyed()
    world.must("link.contest", phone(), entry=rekey_of(world))
    return world


def matured() -> World:
    world = rekeyed()
    world.time += DAY
    return world


def confirmed() -> World:
    world = rekeyed()
    world.must("link.confirm", phone(), entry=rekey_of(world))
    return world


def twice() -> World:
    """Changed by the desk twice within the delay."""
    world = rekeyed()
    world.time += HOUR
    world.rekey("newer phone")
    return world


def rekey_of(world: World) -> str:
    state = link_state(world, LINK)
    assert state is not None
    assert state["pending"] is not None
    return state["pending"]["entry"]


def rights(world: World, key: str) -> set[str]:
    return set(key_rights(world, LINK, name32(key), world.time))


def gives(world: World, signer: object = NEW) -> object:
    return world.put("grant.give", signer, **grant(world))  # type: ignore[arg-type]


def settles(world: World, *names: str, by: object = None) -> object:
    signer = by or staff("offline")
    return world.put("link.settle", signer, stay=[name32(name) for name in names])  # type: ignore[arg-type]


def rekeyed_again_after(world: World) -> World:
    world.rekey("newer phone")
    return world


def many_changes(count: int) -> World:
    world = linked()
    for number in range(count):
        world.rekey(f"change {number}")
    return world
