"""What a change of keys by the desk does to grants, rights and reading."""

import pytest

from consent.state import grant_status, read_until
from tests.consent.lost_phone import (
    NEW,
    NEWER,
    contested,
    gives,
    linked,
    many_changes,
    matured,
    rekey_of,
    rekeyed,
    rekeyed_again_after,
    rights,
    settles,
    twice,
)
from tests.consent.world import (
    DAY,
    LIMITS,
    LINK,
    code,
    name32,
    phone,
)


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
