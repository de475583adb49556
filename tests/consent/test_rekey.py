"""A lost phone: the desk's new key waits, earlier keys confirm or contest, the institution settles."""

from collections.abc import Callable

import pytest

from tests.consent.lost_phone import (
    NEW,
    Put,
    confirmed,
    contested,
    gives,
    linked,
    many_changes,
    matured,
    rekey_of,
    rekeyed,
    rekeyed_again_after,
    settles,
    twice,
)
from tests.consent.world import (
    ALL,
    CLINIC,
    DAY,
    OTHER_LINK,
    World,
    code,
    name32,
    phone,
    staff,
)

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


@pytest.mark.parametrize(("build", "put"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_an_entry_is_accepted_when(build: Callable[[], World], put: Put) -> None:
    assert code(put(build())) == "accepted"


@pytest.mark.parametrize(("build", "put", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_an_entry_is_refused_when(build: Callable[[], World], put: Put, expected: str) -> None:
    assert code(put(build())) == expected
