"""What a phone may put on the ledger, and what a stranger learns by trying."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.disclosure.openings import openings_of_link
from ledger.commitment import commit
from ledger.encoding import b64u, canonical_json
from tests.gateway.wallet.phone import Phone
from tests.gateway.wallet.story import CHECKS, HOUR, Story


def strange_link(phone: Phone, story: Story) -> str:
    stranger = story.phone()
    stranger.link = "0" * 32
    return stranger.entry("grant.revoke", grant="0" * 64)


def unknown_key(phone: Phone, story: Story) -> str:
    stranger = story.phone()
    stranger.link = phone.link
    return stranger.entry("grant.revoke", grant="0" * 64)


def key_of_another_link(phone: Phone, story: Story) -> str:
    desk = story.sign_in("desk", story.clinic)
    made = desk.post(f"/console/api/patients/{story.chart}/invites", json={"checks": CHECKS, "rekey": False})
    other, reference = story.phone(story.clinic), made.json["reference"]
    other.fetch(reference)
    other.prove(reference)
    desk.post(f"/console/api/references/{reference}/confirm", json={})
    other.link = phone.link
    return other.entry("grant.revoke", grant="0" * 64)


def desks_key(phone: Phone, story: Story) -> str:
    payload = {"ledger": story.gw.ledger.id, "subject": phone.link, "kind": "link.close", "at": story.clock()}
    return story.gw.keys.sign(story.hospital, "desk", "yaoshi-entry", payload)


def other_ledger(phone: Phone, story: Story) -> str:
    return phone.entry("grant.revoke", grant="0" * 64, ledger="0" * 64)


def tampered(phone: Phone, story: Story) -> str:
    entry = phone.entry("grant.revoke", grant="0" * 64)
    head, payload, signature = entry.split(".")
    return f"{head}.{payload}.{b64u(bytes(64))}" if signature else entry


STRANGERS: dict[str, Callable[[Phone, Story], str]] = {
    "a key that nobody knows, a link that does not exist": strange_link,
    "a key that nobody knows, a link that exists": unknown_key,
    "the key of somebody else's link": key_of_another_link,
    "an institution's key": desks_key,
    "another ledger": other_ledger,
    "a wrong signature": tampered,
    "no JWS at all": lambda phone, story: "x",
}


@pytest.mark.parametrize("make", STRANGERS.values(), ids=STRANGERS.keys())
def test_one_answer_for(story: Story, make: Callable[[Phone, Story], str]) -> None:
    phone = story.linked()
    with story.gw.ledger.view() as view:
        size = view.size
    unknown = phone.post("entries", {"entry": strange_link(phone, story)})
    answer = phone.post("entries", {"entry": make(phone, story)})
    assert (answer.status_code, answer.data) == (unknown.status_code, unknown.data)
    assert answer.json["code"] == "entry-refused"
    with story.gw.ledger.view() as view:
        assert view.size - size in (0, 1)  # one when the test itself linked a second phone


def test_an_institution_takes_entries_of_its_own_links_only(story: Story) -> None:
    phone = story.linked()
    answer = phone.post("entries", {"entry": phone.entry("link.close")}, story.clinic)
    assert answer.json["code"] == "entry-refused"


@pytest.mark.parametrize(
    "kind", ["look.made", "disclosure.made", "link.open", "link.settle", "institution.keys"]
)
def test_a_phone_cannot_make(story: Story, kind: str) -> None:
    phone = story.linked()
    assert phone.submit(kind).json["code"] == "entry-not-from-phone"


def test_the_same_entry_again_gives_the_same_record(story: Story) -> None:
    phone = story.linked()
    _, offer = story.granted(phone)
    entry = phone.entry("grant.revoke", grant=offer["grant"])
    first, second = (phone.post("entries", {"entry": entry}) for _ in range(2))
    assert first.status_code == second.status_code == 201
    assert first.json["receipt"]["record"] == second.json["receipt"]["record"]


def test_revoking_twice_with_another_entry_is_refused(story: Story) -> None:
    phone = story.linked()
    _, offer = story.granted(phone)
    assert phone.submit("grant.revoke", grant=offer["grant"]).status_code == 201
    story.clock.advance(seconds=10)
    assert phone.submit("grant.revoke", grant=offer["grant"]).json["code"] == "grant-revoked"


def terms(story: Story, **changes: Any) -> dict[str, Any]:
    return {
        "grantee": story.clinic,
        "clinician": {"id": "dr", "name": "医生（合成）", "role": "clinician"},
        "role": None,
        "purpose": "TREAT",
        "scope": {"kinds": ["laboratory"]},
        "request": "0" * 64,
        **changes,
    }


GRANTS: dict[str, tuple[dict[str, Any], str]] = {
    "an institution that is not registered": ({"grantee": "0" * 32}, "grantee-unknown"),
    "a purpose that nobody grants": ({"purpose": "HMARKT"}, "purpose-refused"),
    "a purpose that does not exist": ({"purpose": "FUN"}, "purpose-unknown"),
    "a kind that does not exist": ({"scope": {"kinds": ["everything"]}}, "scope-unknown-kind"),
    "an unknown member": ({"more": 1}, "terms-unknown-member"),
    "both a clinician and a role": ({"role": "clinician"}, "terms-grantee-unclear"),
}


@pytest.mark.parametrize(("changes", "code"), GRANTS.values(), ids=GRANTS.keys())
def test_a_grant_is_refused_and_nothing_kept_when_its_terms_name(
    story: Story, changes: dict[str, Any], code: str
) -> None:
    assert give(story, terms(story, **changes)) == code


def test_a_grant_to_the_institution_that_holds_the_records_is_refused(story: Story) -> None:
    assert give(story, terms(story, grantee=story.hospital)) == "grantee-is-custodian"


def give(story: Story, details: dict[str, Any]) -> str:
    phone = story.linked()
    salt, text = story.gw.entropy(32), canonical_json(details)
    entry = phone.entry("grant.give", not_after=story.clock() + HOUR, commitment=commit(salt, text))
    answer = phone.post(
        "entries", {"entry": entry, "opening": {"salt": b64u(salt), "details": text.decode()}}
    )
    with story.gw.db.connect() as conn:
        assert openings_of_link(conn, phone.link) == {}
    assert len(phone.timeline()["records"]) == 1
    return str(answer.json["code"])


def test_a_grant_without_its_opening_is_refused(story: Story) -> None:
    phone = story.linked()
    answer = phone.submit("grant.give", not_after=story.clock() + HOUR, commitment="A" * 43)
    assert answer.json["code"] == "entry-opening-missing"


def test_a_grant_with_another_opening_is_refused(story: Story) -> None:
    phone = story.linked()
    entry = phone.entry("grant.give", not_after=story.clock() + HOUR, commitment="A" * 43)
    opening = {"salt": "A" * 43, "details": canonical_json(terms(story)).decode()}
    assert phone.post("entries", {"entry": entry, "opening": opening}).json["code"] == "entry-opening-wrong"


def test_a_revocation_brings_no_opening(story: Story) -> None:
    phone = story.linked()
    opening = {"salt": "A" * 43, "details": "{}"}
    body = {"entry": phone.entry("grant.revoke", grant="0" * 64), "opening": opening}
    assert phone.post("entries", body).json["code"] == "entry-opening-unwanted"
