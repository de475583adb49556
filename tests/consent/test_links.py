"""Opening a link, its keys, and its closing: who may, and what is refused."""

from collections.abc import Callable

import pytest

from consent.lifecycle import ConsentContract
from consent.links import is_own_id, own_id
from consent.state import key_rights, link_state, read_until
from tests.consent.world import (
    ALL,
    CLINIC,
    CLINIC_LINK,
    HOSPITAL,
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


def opened(key: str | None = "phone") -> World:
    world = World()
    world.open(key)
    return world


def closed() -> World:
    world = opened()
    world.must("link.close", phone())
    return world


def full() -> World:
    world = opened()
    for number in range(7):
        world.must("link.keys", phone(), new_key=f"key {number}", rights=["revoke"])
    return world


def rights(world: World, key: str) -> set[str]:
    return set(key_rights(world, LINK, name32(key), world.time))


OPEN = {"institution": HOSPITAL}
ADD = {"new_key": "tablet", "rights": ["revoke"]}

ACCEPTED: dict[str, tuple[Callable[[], World], Put]] = {
    "the desk opens a link without a key": (
        World,
        lambda w: w.put("link.open", staff("desk"), **OPEN),
    ),
    "the desk opens a link with a proven key": (
        World,
        lambda w: w.put("link.open", staff("desk"), new_key="phone", **OPEN),
    ),
    "the desk puts the first key on an unclaimed link": (
        lambda: opened(None),
        lambda w: w.put("link.keys", staff("desk"), new_key="phone", rights=ALL),
    ),
    "a manage key adds a key": (opened, lambda w: w.put("link.keys", phone(), **ADD)),
    "a manage key adds the eighth key after one was removed": (
        full,
        lambda w: (
            w.must("link.keys", phone(), remove=name32("key 3")),
            w.put("link.keys", phone(), **ADD),
        )[1],
    ),
    "a manage key closes the link": (opened, lambda w: w.put("link.close", phone())),
    "staff look at a chart whose link is closed": (
        closed,
        lambda w: w.put("look.made", staff("release"), commitment=name32("look")),
    ),
    "a result is reused on a closed link": (
        closed,
        lambda w: w.put("result.reused", staff("release"), commitment=name32("reuse")),
    ),
    "details are erased on a closed link": (
        closed,
        lambda w: w.put("details.erased", staff("release"), record=1, basis="court-order"),
    ),
    "a look is written down a day late": (
        opened,
        lambda w: w.put("look.made", staff("release"), at=w.time - 86_400_000, commitment=name32("look")),
    ),
    "staff look at a chart whose link is unclaimed": (
        lambda: opened(None),
        lambda w: w.put("look.made", staff("release"), commitment=name32("look")),
    ),
}

REFUSED: dict[str, tuple[Callable[[], World], Put, str]] = {
    "the release key opens a link": (
        World,
        lambda w: w.put("link.open", staff("release"), **OPEN),
        "signer-not-allowed",
    ),
    "another institution's desk opens a link": (
        World,
        lambda w: w.put("link.open", staff("desk", CLINIC), **OPEN),
        "signer-not-allowed",
    ),
    "the link exists already": (opened, lambda w: w.put("link.open", staff("desk"), **OPEN), "link-exists"),
    "its id begins like another institution's": (
        World,
        lambda w: w.put("link.open", staff("desk"), subject=CLINIC_LINK, **OPEN),
        "link-id-foreign",
    ),
    "its id is another institution's own": (
        World,
        lambda w: w.put("link.open", staff("desk"), subject=CLINIC, **OPEN),
        "link-id-foreign",
    ),
    "the institution is not on the ledger": (
        World,
        lambda w: w.put("link.open", staff("desk", "f0" * 16), institution="f0" * 16),
        "institution-unknown",
    ),
    "the institution is retired": (
        lambda: retired(),
        lambda w: w.put("link.open", staff("desk"), **OPEN),
        "institution-retired",
    ),
    "a link is opened with a key that serves another link": (
        opened,
        lambda w: w.put("link.open", staff("desk"), subject=OTHER_LINK, new_key="phone", **OPEN),
        "key-known",
    ),
    "a link is opened with a key that was not proved": (
        World,
        lambda w: w.put("link.open", staff("desk"), key=name32("k"), proof="h.p.s", **OPEN),
        "proof-missing",
    ),
    "a link is opened with a key without proof": (
        World,
        lambda w: w.put("link.open", staff("desk"), key=name32("k"), **OPEN),
        "member-missing",
    ),
    "a link is opened with a proof without key": (
        World,
        lambda w: w.put("link.open", staff("desk"), proof="h.p.s", **OPEN),
        "member-missing",
    ),
    "a key is added to a link that does not exist": (
        World,
        lambda w: w.put("link.keys", staff("desk"), new_key="phone", rights=ALL),
        "link-unknown",
    ),
    "a key without manage adds a key": (
        full,
        lambda w: w.put("link.keys", phone("key 1"), **ADD),
        "key-not-entitled",
    ),
    "a removed key adds a key": (
        lambda: removed(),
        lambda w: w.put("link.keys", phone("tablet"), new_key="another", rights=["revoke"]),
        "key-not-entitled",
    ),
    "a key of another link adds a key": (
        lambda: two_links(),
        lambda w: w.put("link.keys", phone("other phone", OTHER_LINK), **ADD),
        "signer-not-allowed",
    ),
    "the key to add is on the link already": (
        opened,
        lambda w: w.put("link.keys", phone(), new_key="phone", rights=["revoke"]),
        "key-known",
    ),
    "the key to add was removed from the link": (
        lambda: removed(),
        lambda w: w.put("link.keys", phone(), **ADD),
        "key-known",
    ),
    "the key to add serves another link": (
        lambda: two_links(),
        lambda w: w.put("link.keys", phone(), new_key="other phone", rights=["revoke"]),
        "key-known",
    ),
    "a ninth key is added": (full, lambda w: w.put("link.keys", phone(), **ADD), "link-keys-full"),
    "the key to remove is unknown": (
        opened,
        lambda w: w.put("link.keys", phone(), remove=name32("nobody")),
        "key-unknown",
    ),
    "the key to remove was removed before": (
        lambda: removed(),
        lambda w: w.put("link.keys", phone(), remove=name32("tablet")),
        "key-unknown",
    ),
    "the desk removes a key": (
        opened,
        lambda w: w.put("link.keys", staff("desk"), remove=name32("phone")),
        "signer-not-allowed",
    ),
    "another institution's desk adds a key": (
        lambda: opened(None),
        lambda w: w.put("link.keys", staff("desk", CLINIC), new_key="phone", rights=ALL),
        "signer-not-allowed",
    ),
    "the desk puts a first key with fewer rights": (
        lambda: opened(None),
        lambda w: w.put("link.keys", staff("desk"), new_key="phone", rights=["give", "revoke"]),
        "rights-wrong",
    ),
    "a key is added to a closed link": (closed, lambda w: w.put("link.keys", phone(), **ADD), "link-closed"),
    "the desk rekeys a closed link": (
        closed,
        lambda w: w.put("link.keys", staff("desk"), new_key="new phone", rights=ALL),
        "link-closed",
    ),
    "a key without manage closes the link": (
        full,
        lambda w: w.put("link.close", phone("key 1")),
        "key-not-entitled",
    ),
    "the desk closes the link": (opened, lambda w: w.put("link.close", staff("desk")), "signer-not-allowed"),
    "a link is closed twice": (closed, lambda w: w.put("link.close", phone()), "link-closed"),
    "a link that does not exist is closed": (
        World,
        lambda w: w.put("link.close", phone()),
        "link-unknown",
    ),
    "the desk key signs a look": (
        opened,
        lambda w: w.put("look.made", staff("desk"), commitment=name32("look")),
        "signer-not-allowed",
    ),
    "another institution signs a look": (
        opened,
        lambda w: w.put("look.made", staff("release", CLINIC), commitment=name32("look")),
        "signer-not-allowed",
    ),
    "a look concerns a link that does not exist": (
        World,
        lambda w: w.put("look.made", staff("release"), commitment=name32("look")),
        "link-unknown",
    ),
    "the erased record does not exist yet": (
        opened,
        lambda w: w.put("details.erased", staff("release"), record=w.index, basis="court-order"),
        "record-unknown",
    ),
    "another institution erases details": (
        opened,
        lambda w: w.put("details.erased", staff("release", CLINIC), record=1, basis="court-order"),
        "signer-not-allowed",
    ),
    "the kind is not of this release": (
        opened,
        lambda w: w.put("glass.mended", staff("release"), commitment=name32("look")),
        "kind-unknown",
    ),
}


def retired() -> World:
    world = World()
    world.state[f"institution/{HOSPITAL}"]["retired"] = True
    return world


def removed() -> World:
    world = opened()
    world.must("link.keys", phone(), new_key="tablet", rights=["revoke"])
    world.must("link.keys", phone(), remove=name32("tablet"))
    return world


def two_links() -> World:
    world = opened()
    world.open("other phone", OTHER_LINK)
    return world


@pytest.mark.parametrize(("build", "put"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_an_entry_is_accepted_when(build: Callable[[], World], put: Put) -> None:
    assert code(put(build())) == "accepted"


@pytest.mark.parametrize(("build", "put", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_an_entry_is_refused_when(build: Callable[[], World], put: Put, expected: str) -> None:
    world = build()
    state = dict(world.state)
    assert code(put(world)) == expected
    assert world.state == state


def test_a_link_opened_with_a_key_is_claimed_and_the_key_has_all_rights_at_once() -> None:
    world = opened()
    state = link_state(world, LINK)
    assert state is not None
    assert state["claimed"]
    assert rights(world, "phone") == {"give", "manage", "revoke", "read"}
    assert world.state[f"key/{name32('phone')}"] == {
        "kid": name32("phone"),
        "key": name32("public phone"),
        "subject": LINK,
        "subject_type": "link",
        "use": None,
    }


def test_the_first_key_of_an_unclaimed_link_has_all_rights_at_once() -> None:
    world = opened(None)
    state = link_state(world, LINK)
    assert state is not None
    assert not state["claimed"]
    world.rekey("phone")
    assert rights(world, "phone") == {"give", "manage", "revoke", "read"}
    assert link_state(world, LINK) is not None
    assert code(world.put("grant.give", phone(), **grant(world))) == "accepted"


def test_an_added_key_has_the_rights_named_and_no_others() -> None:
    world = opened()
    world.must("link.keys", phone(), new_key="tablet", rights=["give", "revoke"])
    assert rights(world, "tablet") == {"give", "revoke", "read"}


def test_a_removed_key_reads_up_to_its_removal_and_does_nothing_else() -> None:
    world = removed()
    assert rights(world, "tablet") == {"read-until-removed"}
    assert read_until(world, LINK, name32("tablet")) == world.index - 1
    assert read_until(world, LINK, name32("phone")) is None


def test_only_the_newest_removed_keys_are_remembered() -> None:
    world = opened()
    for number in range(10):
        world.must("link.keys", phone(), new_key=f"key {number}", rights=["revoke"])
        world.must("link.keys", phone(), remove=name32(f"key {number}"))
    assert rights(world, "key 0") == rights(world, "key 1") == set()
    assert rights(world, "key 2") == {"read-until-removed"}
    assert code(world.put("link.keys", phone(), new_key="key 0", rights=["revoke"])) == "key-known"


def test_a_closed_link_leaves_revoking_and_reading() -> None:
    assert rights(closed(), "phone") == {"revoke", "read"}


def test_nobody_has_rights_on_an_unknown_link() -> None:
    assert rights(World(), "phone") == set()
    assert link_state(World(), LINK) is None
    assert read_until(World(), LINK, name32("phone")) is None


def test_version_one_of_the_rules_let_any_institution_open_any_id() -> None:
    world, members = World(), {"subject": CLINIC_LINK, **OPEN}
    world.contract = ConsentContract(own_ids=False)
    world.must("link.open", staff("desk"), **members)
    assert link_state(world, CLINIC_LINK) is not None


def test_a_fresh_id_is_its_institutions_own() -> None:
    made = own_id(HOSPITAL, lambda count: bytes(count))
    assert (made, len(made)) == (HOSPITAL[:8] + "0" * 24, 32)
    assert is_own_id(made, HOSPITAL)
    assert not is_own_id(made, CLINIC)
