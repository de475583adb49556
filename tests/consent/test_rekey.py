"""A lost phone: the desk's new key waits, earlier keys confirm or contest, the institution settles."""

from collections.abc import Callable

import pytest

from consent.lifecycle import grant_status, key_rights, link_state, read_until
from tests.consent.world import (
    ALL,
    CLINIC,
    DAY,
    HOUR,
    LIMITS,
    LINK,
    OTHER_LINK,
    World,
    code,
    grant,
    name32,
    phone,
    staff,
)

Put = Callable[[World], object]
NEW = phone("new phone")
NEWER = phone("newer phone")


def linked() -> World:
    world = World()
    world.open()
    return world


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


ACCEPTED: dict[str, tuple[Callable[[], World], Put]] = {
    "the new key gives once the delay has passed": (matured, gives),
    "the new key manages once the delay has passed": (
        matured,
        lambda w: w.put("link.keys", NEW, remove=name32("phone")),
    ),
    "the new key gives once an earlier key confirmed": (confirmed, gives),
    "an earlier key contests after it confirmed": (
        confirmed,
        lambda w: w.put("link.contest", phone(), entry=rekey_of(w)),
    ),
    "an earlier key contests after the delay": (
        matured,
        lambda w: w.put("link.contest", phone(), entry=rekey_of(w)),
    ),
    "the key before two changes confirms the second": (
        twice,
        lambda w: w.put("link.confirm", phone(), entry=rekey_of(w)),
    ),
    "the key before two changes contests the second": (
        twice,
        lambda w: w.put("link.contest", phone(), entry=rekey_of(w)),
    ),
    "the key between two changes contests the second": (
        twice,
        lambda w: w.put("link.contest", NEW, entry=rekey_of(w)),
    ),
    "the earlier key gives again when the settlement keeps it": (
        contested,
        lambda w: (settles(w, "phone"), gives(w, phone()))[1],
    ),
    "the new key gives at once when the settlement keeps it": (
        contested,
        lambda w: (settles(w, "new phone"), gives(w))[1],
    ),
    "the settlement keeps nobody": (contested, settles),
    "the desk puts a key after a settlement that kept nobody": (
        contested,
        lambda w: (settles(w), w.put("link.keys", staff("desk"), new_key="newest", rights=ALL))[1],
    ),
}

REFUSED: dict[str, tuple[Callable[[], World], Put, str]] = {
    "the new key gives before the delay": (rekeyed, gives, "key-waiting"),
    "the new key gives a millisecond before the delay has passed": (
        lambda: later(rekeyed(), DAY - 1),
        gives,
        "key-waiting",
    ),
    "the new key removes the earlier one before the delay": (
        rekeyed,
        lambda w: w.put("link.keys", NEW, remove=name32("phone")),
        "key-waiting",
    ),
    "the new key closes the link before the delay": (
        rekeyed,
        lambda w: w.put("link.close", NEW),
        "key-waiting",
    ),
    "the earlier key gives": (rekeyed, lambda w: gives(w, phone()), "key-not-entitled"),
    "the earlier key manages": (rekeyed, lambda w: w.put("link.close", phone()), "key-not-entitled"),
    "the new key confirms itself": (
        rekeyed,
        lambda w: w.put("link.confirm", NEW, entry=rekey_of(w)),
        "key-not-entitled",
    ),
    "the new key contests itself": (
        rekeyed,
        lambda w: w.put("link.contest", NEW, entry=rekey_of(w)),
        "key-not-entitled",
    ),
    "the desk confirms": (
        rekeyed,
        lambda w: w.put("link.confirm", staff("desk"), entry=rekey_of(w)),
        "signer-not-allowed",
    ),
    "another link's key contests": (
        lambda: beside(rekeyed()),
        lambda w: w.put("link.contest", phone("other phone", OTHER_LINK), entry=rekey_of(w)),
        "signer-not-allowed",
    ),
    "a link that does not exist is confirmed": (
        World,
        lambda w: w.put("link.confirm", phone(), entry="0" * 64),
        "link-unknown",
    ),
    "a waiting key that was itself replaced confirms": (
        twice,
        lambda w: w.put("link.confirm", NEW, entry=rekey_of(w)),
        "key-not-entitled",
    ),
    "an earlier key that could not manage confirms": (
        lambda: rekeyed_with_helper(),
        lambda w: w.put("link.confirm", phone("helper"), entry=rekey_of(w)),
        "key-not-entitled",
    ),
    "a change is confirmed twice": (
        confirmed,
        lambda w: w.put("link.confirm", phone(), entry=rekey_of(w)),
        "rekey-confirmed",
    ),
    "a change is contested twice": (
        contested,
        lambda w: w.put("link.contest", phone(), entry=rekey_of(w)),
        "rekey-contested",
    ),
    "a contested change is confirmed": (
        contested,
        lambda w: w.put("link.confirm", phone(), entry=rekey_of(w)),
        "link-contested",
    ),
    "another entry is contested": (
        rekeyed,
        lambda w: w.put("link.contest", phone(), entry="0" * 64),
        "rekey-unknown",
    ),
    "a replaced change is contested": (
        lambda: rekeyed(),
        lambda w: (old := rekey_of(w), w.rekey("newer phone"), w.put("link.contest", phone(), entry=old))[2],
        "rekey-unknown",
    ),
    "a settled change is contested": (
        contested,
        lambda w: (old := rekey_of(w), settles(w, "new phone"), w.put("link.contest", phone(), entry=old))[2],
        "key-not-entitled",
    ),
    "a key earlier to a change that holds contests the next": (
        lambda: rekeyed_again_after(matured()),
        lambda w: w.put("link.contest", phone(), entry=rekey_of(w)),
        "key-not-entitled",
    ),
    "the new key gives while contested, even after the delay": (
        lambda: later(contested(), 2 * DAY),
        gives,
        "link-contested",
    ),
    "a confirmed key gives once contested": (
        lambda: after(confirmed(), "link.contest"),
        gives,
        "link-contested",
    ),
    "the new key closes the link while contested": (
        lambda: later(contested(), 2 * DAY),
        lambda w: w.put("link.close", NEW),
        "link-contested",
    ),
    "the desk changes keys while contested": (
        contested,
        lambda w: w.put("link.keys", staff("desk"), new_key="newest", rights=ALL),
        "link-contested",
    ),
    "the desk settles": (contested, lambda w: settles(w, "phone", by=staff("desk")), "signer-not-allowed"),
    "another institution settles": (
        contested,
        lambda w: settles(w, "phone", by=staff("offline", CLINIC)),
        "signer-not-allowed",
    ),
    "a key settles": (contested, lambda w: settles(w, "phone", by=phone()), "signer-not-allowed"),
    "nothing is contested": (rekeyed, lambda w: settles(w, "phone"), "link-not-contested"),
    "a link is settled twice": (
        lambda: (world := contested(), settles(world, "phone"))[0],
        lambda w: settles(w, "phone"),
        "link-not-contested",
    ),
    "a key stays that is unknown": (contested, lambda w: settles(w, "phone", "nobody"), "key-unknown"),
    "a closed link is settled": (
        lambda: (world := linked(), world.must("link.close", phone()))[0],
        lambda w: settles(w, "phone"),
        "link-closed",
    ),
    "a closed link's change is contested": (
        lambda: (world := confirmed(), world.must("link.close", NEW))[0],
        lambda w: w.put("link.contest", phone(), entry=rekey_of(w)),
        "link-closed",
    ),
    "a link that does not exist is settled": (World, lambda w: settles(w), "link-unknown"),
    "the desk names fewer rights for the new key": (
        linked,
        lambda w: w.put("link.keys", staff("desk"), new_key="new phone", rights=["give"]),
        "rights-wrong",
    ),
    "the desk brings a key that the link had before": (
        rekeyed,
        lambda w: w.put("link.keys", staff("desk"), new_key="phone", rights=ALL),
        "key-known",
    ),
    "the desk changes keys a ninth time within the delay": (
        lambda: many_changes(8),
        lambda w: w.put("link.keys", staff("desk"), new_key="one too many", rights=ALL),
        "link-keys-full",
    ),
}


def later(world: World, by: int) -> World:
    world.time += by
    return world


def after(world: World, kind: str) -> World:
    world.must(kind, phone(), entry=rekey_of(world))
    return world


def beside(world: World) -> World:
    world.open("other phone", OTHER_LINK)
    return world


def rekeyed_with_helper() -> World:
    world = linked()
    world.must("link.keys", phone(), new_key="helper", rights=["revoke"])
    world.rekey()
    return world


def rekeyed_again_after(world: World) -> World:
    world.rekey("newer phone")
    return world


def many_changes(count: int) -> World:
    world = linked()
    for number in range(count):
        world.rekey(f"change {number}")
    return world


@pytest.mark.parametrize(("build", "put"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_an_entry_is_accepted_when(build: Callable[[], World], put: Put) -> None:
    assert code(put(build())) == "accepted"


@pytest.mark.parametrize(("build", "put", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_an_entry_is_refused_when(build: Callable[[], World], put: Put, expected: str) -> None:
    assert code(put(build())) == expected


def test_a_change_by_the_desk_ends_the_live_grants_and_no_later_one() -> None:
    world = linked()
    before = world.give()
    world.rekey()
    assert code(grant_status(world, before, world.time, world.time)) == "grant-ended-by-rekey"
    world.time += DAY
    since = world.give(NEW)
    assert grant_status(world, since, world.time, world.time) == "active"


def test_after_a_change_both_keys_have_exactly_the_rights_of_the_rule() -> None:
    world = rekeyed()
    assert rights(world, "phone") == {"revoke", "confirm", "contest", "read-until-removed"}
    assert rights(world, "new phone") == {"revoke", "read"}


def test_an_earlier_key_reads_up_to_and_including_the_change() -> None:
    world = rekeyed()
    assert read_until(world, LINK, name32("phone")) == world.index - 1
    world.time += DAY
    world.must("link.keys", NEW, remove=name32("phone"))
    assert read_until(world, LINK, name32("phone")) == world.index - 2


@pytest.mark.parametrize("key", ["phone", "new phone"])
def test_earlier_and_new_key_both_revoke_at_once(key: str) -> None:
    world = linked()
    given = world.give()
    world.rekey()
    assert code(world.put("grant.revoke", phone(key), grant=given)) == "accepted"


def test_a_second_change_within_the_delay_waits_anew_and_the_key_before_both_still_has_its_say() -> None:
    world = twice()
    assert rights(world, "phone") == {"revoke", "confirm", "contest", "read-until-removed"}
    assert rights(world, "new phone") == {"revoke", "contest", "read-until-removed"}
    assert rights(world, "newer phone") == {"revoke", "read"}
    world.time += LIMITS["rekey_delay_ms"] - 1
    assert code(gives(world, NEWER)) == "key-waiting"
    world.time += 1
    assert code(gives(world, NEWER)) == "accepted"


def test_no_row_of_changes_takes_its_say_from_the_key_before_them() -> None:
    assert "contest" in rights(many_changes(8), "phone")


def test_a_change_after_one_that_holds_leaves_the_say_to_the_key_that_held() -> None:
    world = rekeyed_again_after(matured())
    assert rights(world, "phone") == {"read-until-removed"}
    assert rights(world, "new phone") == {"revoke", "confirm", "contest", "read-until-removed"}


def test_a_settlement_gives_full_standing_to_those_that_stay_and_none_to_the_others() -> None:
    world = contested()
    settles(world, "phone")
    assert rights(world, "phone") == {"give", "manage", "revoke", "read"}
    assert rights(world, "new phone") == {"read-until-removed"}
    assert read_until(world, LINK, name32("phone")) is None


def test_a_settlement_against_the_new_key_ends_what_it_gave() -> None:
    world = matured()
    given = world.give(NEW)
    world.must("link.contest", phone(), entry=rekey_of(world))
    assert grant_status(world, given, world.time, world.time) == "active"
    settles(world, "phone")
    assert code(grant_status(world, given, world.time, world.time)) == "grant-ended-by-rekey"


def test_a_settlement_for_the_new_key_leaves_what_it_gave() -> None:
    world = matured()
    given = world.give(NEW)
    world.must("link.contest", phone(), entry=rekey_of(world))
    settles(world, "new phone")
    assert grant_status(world, given, world.time, world.time) == "active"


def test_a_settlement_that_keeps_too_many_is_refused() -> None:
    world = linked()
    for number in range(7):
        world.must("link.keys", phone(), new_key=f"key {number}", rights=["revoke"])
    world.rekey()
    world.must("link.contest", phone(), entry=rekey_of(world))
    everybody = ["phone", "new phone", *(f"key {number}" for number in range(7))]
    assert code(settles(world, *everybody)) == "link-keys-full"
    assert code(settles(world, *everybody[:-1])) == "accepted"
