"""Keys that want more than they have: revoke-only, waiting, earlier, removed; grants out of their time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from gateway.disclosure.openings import openings_of_link
from ledger.commitment import commit
from ledger.encoding import b64u, canonical_json
from ledger.entry import parse_entry
from ledger.signing import public_key, sign_compact, thumbprint
from tests.gateway.hostile.doors import linked_at_clinic
from tests.gateway.hostile.knocks import code_of, from_wallet, knock
from tests.gateway.wallet.phone import Phone
from tests.gateway.wallet.story import HOUR, Story

YEAR = 31_536_000_000
SKEW = 120_000


def submit(story: Story, phone: Phone, kind: str, opening: Any = None, **members: Any) -> str:
    """The code of the refusal, or "" when the ledger took it."""
    body = {"entry": phone.entry(kind, **members), **({"opening": opening} if opening else {})}
    url = f"/i/{phone.institution}/wallet/entries"
    return code_of(knock(story.gw, story.client(), "POST", url, json=body, headers=from_wallet()))


def give(story: Story, phone: Phone, **members: Any) -> str:
    """Try a grant to the clinic with these members of the entry."""
    terms = {
        "grantee": story.clinic,
        "clinician": {"id": "dr", "name": "医生（合成）", "role": "clinician"},
        "role": None,
        "purpose": "TREAT",
        "scope": {"kinds": ["laboratory"]},
        "request": hashlib.sha256(b"request").hexdigest(),
    }
    text, salt = canonical_json(terms), story.gw.entropy(32)
    opening = {"salt": b64u(salt), "details": text.decode()}
    given = {"not_after": story.clock() + HOUR, "commitment": commit(salt, text), **members}
    return submit(story, phone, "grant.give", opening, **given)


def add_key(
    story: Story, phone: Phone, rights: list[str], seed: bytes | None = None, **members: Any
) -> Phone:
    """Another key on the phone's link."""
    new = story.phone(phone.institution)
    new.seed, new.link = seed or new.seed, phone.link
    payload = {"key": new.key, "rights": rights, "proof": new.proof(), **members}
    assert submit(story, phone, "link.keys", **payload) == ""
    return new


TRIES: dict[str, Callable[[Story, Phone, Phone], str]] = {
    "give": lambda story, weak, strong: give(story, weak),
    "add a key": lambda story, weak, strong: added(story, weak),
    "add rights to itself": lambda story, weak, strong: submit(
        story, weak, "link.keys", key=weak.key, rights=["give", "manage", "revoke"], proof=weak.proof()
    ),
    "remove the strong key": lambda story, weak, strong: submit(
        story, weak, "link.keys", remove=thumbprint(public_key(strong.seed))
    ),
    "remove itself": lambda story, weak, strong: submit(
        story, weak, "link.keys", remove=thumbprint(public_key(weak.seed))
    ),
    "close the link": lambda story, weak, strong: submit(story, weak, "link.close"),
    "confirm": lambda story, weak, strong: submit(story, weak, "link.confirm", entry="0" * 64),
    "contest": lambda story, weak, strong: submit(story, weak, "link.contest", entry="0" * 64),
}


def added(story: Story, phone: Phone) -> str:
    new = story.phone()
    new.link = phone.link
    return submit(story, phone, "link.keys", key=new.key, rights=["give"], proof=new.proof())


def test_a_key_that_may_only_revoke_can_do_nothing_else(story: Story) -> None:
    strong = story.linked()
    _, offer = story.granted(strong)
    weak = add_key(story, strong, ["revoke"])
    for name, attempt in TRIES.items():
        assert attempt(story, weak, strong) == "key-not-entitled", name
    assert submit(story, weak, "grant.revoke", grant=offer["grant"]) == ""


def test_what_a_key_may_not_give_is_not_kept(story: Story) -> None:
    """Else whoever holds a key of little worth fills the custodian's disk, 64 KiB a try."""
    strong = story.linked()
    weak, gone = add_key(story, strong, ["revoke"]), add_key(story, strong, ["give"])
    assert submit(story, strong, "link.keys", remove=thumbprint(public_key(gone.seed))) == ""
    for key in (weak, gone):
        assert give(story, key) == "key-not-entitled"
    with story.gw.db.connect() as conn:
        assert openings_of_link(conn, strong.link) == {}
    assert give(story, strong) == ""
    with story.gw.db.connect() as conn:
        assert len(openings_of_link(conn, strong.link)) == 1


def test_a_removed_key_can_do_nothing_at_all(story: Story) -> None:
    strong = story.linked()
    _, offer = story.granted(strong)
    weak = add_key(story, strong, ["give", "manage", "revoke"])
    assert submit(story, strong, "link.keys", remove=thumbprint(public_key(weak.seed))) == ""
    for name, attempt in TRIES.items():
        assert attempt(story, weak, strong) == "key-not-entitled", name
    assert submit(story, weak, "grant.revoke", grant=offer["grant"]) == "key-not-entitled"
    assert code_of(weak.records()) == "wallet-reading-ended"
    # It is dead for ever, on this link too.
    again = {"key": weak.key, "rights": ["give"], "proof": weak.proof()}
    assert submit(story, strong, "link.keys", **again) == "key-known"


def test_after_a_replacement_neither_phone_gives_and_the_new_one_confirms_not_itself(story: Story) -> None:
    old = story.linked()
    new = story.linked(rekey=True)
    rekey = rekey_entry(story, new)
    assert give(story, new) == "key-waiting"
    assert submit(story, new, "link.close") == "key-waiting"
    assert submit(story, new, "link.confirm", entry=rekey) == "key-not-entitled"
    assert submit(story, new, "link.contest", entry=rekey) == "key-not-entitled"
    assert submit(story, new, "link.keys", remove=thumbprint(public_key(old.seed))) == "key-waiting"
    assert give(story, old) == "key-not-entitled"
    assert submit(story, old, "link.close") == "key-not-entitled"
    assert submit(story, old, "link.confirm", entry="0" * 64) == "rekey-unknown"
    assert submit(story, old, "link.contest", entry=rekey) == ""


def test_a_contested_link_stands_still_until_it_is_settled(story: Story) -> None:
    old = story.linked()
    new = story.linked(rekey=True)
    rekey = rekey_entry(story, new)
    assert submit(story, old, "link.contest", entry=rekey) == ""
    story.clock.advance(hours=25)
    story.desk = story.sign_in("desk", story.hospital)
    assert submit(story, old, "link.contest", entry=rekey) == "rekey-contested"
    assert submit(story, old, "link.confirm", entry=rekey) == "link-contested"
    assert give(story, new) == "link-contested"
    assert submit(story, new, "link.close") == "link-contested"
    # A second change at the desk must not wash the contested one clean.
    third, reference = story.phone(), story.invite(rekey=True)["reference"]
    third.fetch(reference)
    third.prove(reference)
    refused = knock(story.gw, story.desk, "POST", f"/console/api/references/{reference}/confirm", json={})
    assert code_of(refused) == "link-contested"
    assert code_of(third.sign_in()) == "wallet-signin-refused"


def rekey_entry(story: Story, phone: Phone) -> str:
    """The id of the newest link.keys entry of the link."""
    from ledger.record import decode_record

    with story.gw.ledger.view() as view:
        entries = [
            parse_entry(decode_record(row.record_bytes).entry.decode()) for row in view.chain(phone.link)
        ]
    return [entry.id for entry in entries if entry.kind == "link.keys"][-1]


PROOFS: dict[str, tuple[Callable[[Story, Phone, Phone], dict[str, Any]], str]] = {
    "no proof": (lambda story, phone, new: {"proof": None}, "member-missing"),
    "the proof of another key": (lambda story, phone, new: {"proof": phone.proof()}, "proof-invalid"),
    "a proof for another link": (
        lambda story, phone, new: {"proof": proof(story, new, subject="0" * 32)},
        "proof-invalid",
    ),
    "a proof for another ledger": (
        lambda story, phone, new: {"proof": proof(story, new, ledger="0" * 64)},
        "proof-invalid",
    ),
    "a proof for no institution": (
        lambda story, phone, new: {"proof": proof(story, new, institution="0" * 32)},
        "proof-invalid",
    ),
    "a proof with a member too many": (
        lambda story, phone, new: {"proof": proof(story, new, more=1)},
        "proof-invalid",
    ),
    "a login as proof": (
        lambda story, phone, new: {"proof": proof(story, new, "yaoshi-login")},
        "proof-invalid",
    ),
    "an entry as proof": (
        lambda story, phone, new: {"proof": proof(story, new, "yaoshi-entry")},
        "proof-invalid",
    ),
    "an object as proof": (lambda story, phone, new: {"proof": {}}, "proof-invalid"),
    "a key of small order": (lambda story, phone, new: {"key": b64u(b"\x01" + bytes(31))}, "key-invalid"),
    "a key of zeros": (lambda story, phone, new: {"key": b64u(bytes(32))}, "key-invalid"),
    "a key beyond the field": (
        lambda story, phone, new: {"key": b64u(b"\xff" * 31 + b"\x7f")},
        "key-invalid",
    ),
    "half a key": (lambda story, phone, new: {"key": b64u(bytes(16))}, "key-invalid"),
    "the key of another link": (
        lambda story, phone, new: {"key": (other := linked_at_clinic(story)).key, "proof": other.proof()},
        "key-known",
    ),
    "the institution's own key": (
        lambda story, phone, new: {"key": b64u(story.gw.keys.public(story.hospital, "desk"))},
        "key-known",
    ),
    "no rights": (lambda story, phone, new: {"rights": []}, "rights-wrong"),
    "a right twice": (lambda story, phone, new: {"rights": ["give", "give"]}, "rights-wrong"),
    "rights in another order": (lambda story, phone, new: {"rights": ["revoke", "give"]}, "rights-wrong"),
    "a right that does not exist": (lambda story, phone, new: {"rights": ["settle"]}, "rights-wrong"),
    "both a key and a removal": (lambda story, phone, new: {"remove": "A" * 43}, "member-unknown"),
}


def proof(story: Story, phone: Phone, typ: str = "yaoshi-proof", **changes: Any) -> str:
    said = {"ledger": story.gw.ledger.id, "subject": phone.link, "institution": phone.institution}
    return sign_compact(phone.seed, typ, {**said, **changes})


def test_a_key_is_not_added_with(story: Story) -> None:
    phone = story.linked()
    for name, (make, code) in PROOFS.items():
        new = story.phone()
        new.link = phone.link
        members = {"key": new.key, "rights": ["revoke"], "proof": new.proof(), **make(story, phone, new)}
        members = {name: value for name, value in members.items() if value is not None}
        assert submit(story, phone, "link.keys", **members) == code, name


def test_a_link_has_no_more_than_eight_keys(story: Story) -> None:
    phone = story.linked()
    for _ in range(7):
        add_key(story, phone, ["give"])
    new = story.phone()
    new.link = phone.link
    members = {"key": new.key, "rights": ["give"], "proof": new.proof()}
    assert submit(story, phone, "link.keys", **members) == "link-keys-full"


PERIODS: dict[str, tuple[Callable[[int], dict[str, Any]], str]] = {
    "ended before it began": (lambda now: {"not_after": now - 1}, "grant-period-empty"),
    "ends at this moment": (lambda now: {"not_after": now}, "grant-period-empty"),
    "ends before it is to begin": (
        lambda now: {"not_before": now + HOUR, "not_after": now + HOUR},
        "grant-period-empty",
    ),
    "is a millisecond too long": (lambda now: {"not_after": now + YEAR + 1}, "grant-too-long"),
    "is parked beyond a year": (
        lambda now: {"not_before": now + YEAR, "not_after": now + YEAR + HOUR},
        "grant-too-long",
    ),
    "never ends": (lambda now: {"not_after": 2**53 - 1}, "grant-too-long"),
    "has no end": (lambda now: {"not_after": None}, "member-missing"),
    "ends at true": (lambda now: {"not_after": True}, "member-wrong"),
    "has no visits": (lambda now: {"max_visits": 0}, "member-wrong"),
    "has less than no visits": (lambda now: {"max_visits": -1}, "member-wrong"),
    "was signed too long ago": (lambda now: {"at": now - SKEW - 1}, "at-out-of-skew"),
    "is signed in the future": (lambda now: {"at": now + SKEW + 1, "not_after": now + HOUR}, "entry-early"),
}


def test_a_grant_is_refused_when_it(story: Story) -> None:
    phone = story.linked()
    for name, (make, code) in PERIODS.items():
        members = {"not_after": story.clock() + HOUR, **make(story.clock())}
        text = give_without(story, phone, members)
        assert text == code, name


def give_without(story: Story, phone: Phone, members: dict[str, Any]) -> str:
    """As give; a member that is None is left out."""
    if members["not_after"] is not None:
        return give(story, phone, **members)
    entry_of = phone.entry

    class Forgetful(Phone):
        def entry(self, kind: str, **said: Any) -> str:
            del said["not_after"]
            return entry_of(kind, **said)

    forgetful = Forgetful(phone.gw, phone.client, phone.institution)
    forgetful.seed, forgetful.link = phone.seed, phone.link
    return give(story, forgetful)


@pytest.mark.parametrize("moved", [-SKEW, SKEW])
def test_a_clock_that_is_two_minutes_off_is_borne(story: Story, moved: int) -> None:
    phone = story.linked()
    assert give(story, phone, at=story.clock() + moved) == ""


def test_taking_back_is_never_too_late_and_never_too_often(story: Story) -> None:
    phone = story.linked()
    _, offer = story.granted(phone)
    assert submit(story, phone, "link.close") == ""
    story.clock.advance(days=400)
    assert submit(story, phone, "grant.revoke", grant=offer["grant"], at=story.clock() - YEAR) == ""
    assert submit(story, phone, "grant.revoke", grant=offer["grant"]) == "grant-revoked"
