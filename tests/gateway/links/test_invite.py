"""The desk's invitation: identity first, one phone, and nothing half done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from gateway.links.confirm import confirm_invite, settled
from gateway.references.store import find_reference, write
from gateway.references.tables import identity_check
from ledger.signing import sign_compact
from tests.gateway.wallet.story import CHECKS, Story


@pytest.mark.parametrize("missing", ["document", "match", "present"])
def test_no_invitation_without_the_check_of(story: Story, missing: str) -> None:
    body = {"checks": {**CHECKS, missing: False}, "rekey": False}
    refused = story.desk.post(f"/console/api/patients/{story.patient}/invites", json=body)
    assert refused.json["code"] == "identity-not-checked"


def test_the_identity_check_is_written_down_with_who_and_when(story: Story) -> None:
    reference = story.invite()["reference"]
    with story.gw.db.connect() as conn:
        row = conn.execute(select(identity_check).where(identity_check.c.reference == reference)).one()
    assert (row.staff_id, row.at, row.patient_id) == (story.desk.staff_id, story.clock(), story.patient)
    assert (row.document_seen, row.chart_matches, row.person_present) == (True, True, True)


def test_an_invitation_names_nobody(story: Story) -> None:
    made = story.invite()
    assert story.patient not in made["url"]
    assert made["url"].startswith("http://127.0.0.1:8080/q#")
    svg = story.desk.get(f"/console/api/references/{made['reference']}/qr.svg")
    assert svg.content_type == "image/svg+xml"


MODES = {"nobody has looked yet": ("open", False), "somebody has looked": ("claim", True)}


@pytest.mark.parametrize(("mode", "looked"), MODES.values(), ids=MODES.keys())
def test_the_invitation_says_what_it_will_do_when(story: Story, mode: str, looked: bool) -> None:
    if looked:
        story.clinician.post(f"/console/api/patients/{story.patient}/open", json={})
    phone, made = story.phone(), story.invite()
    fetched = phone.fetch(made["reference"]).json
    assert (made["mode"], fetched["mode"]) == (mode, mode)
    assert fetched["link"] == {"subject": phone.link, "institution": story.hospital, "claimed": False}


def test_nothing_is_connected_before_the_phone_proved_its_key(story: Story) -> None:
    phone, reference = story.phone(), story.invite()["reference"]
    url = f"/console/api/references/{reference}/confirm"
    assert story.desk.post(url, json={}).json["code"] == "proof-pending"
    phone.fetch(reference)
    assert story.desk.post(url, json={}).json["code"] == "proof-pending"


def _wrong_subject(phone, story) -> str:  # type: ignore[no-untyped-def]
    payload = {"ledger": story.gw.ledger.id, "subject": "0" * 32, "institution": story.hospital}
    return sign_compact(phone.seed, "yaoshi-proof", payload)


def _wrong_typ(phone, story) -> str:  # type: ignore[no-untyped-def]
    payload = {"ledger": story.gw.ledger.id, "subject": phone.link, "institution": story.hospital}
    return sign_compact(phone.seed, "yaoshi-entry", payload)


def _wrong_key(phone, story) -> str:  # type: ignore[no-untyped-def]
    payload = {"ledger": story.gw.ledger.id, "subject": phone.link, "institution": story.hospital}
    return sign_compact(story.gw.entropy(32), "yaoshi-proof", payload)


PROOFS = {"another link": _wrong_subject, "another typ": _wrong_typ, "another key": _wrong_key}


@pytest.mark.parametrize("make", PROOFS.values(), ids=PROOFS.keys())
def test_a_proof_is_refused_for(story: Story, make) -> None:  # type: ignore[no-untyped-def]
    phone, reference = story.phone(), story.invite()["reference"]
    phone.fetch(reference)
    answer = phone.post(f"references/{reference}/proof", {"key": phone.key, "proof": make(phone, story)})
    assert answer.json["code"] == "proof-wrong"
    assert phone.state(reference).json["state"] == "claimed"


def test_a_key_that_already_serves_a_link_is_refused_and_the_desk_is_told(story: Story) -> None:
    phone = story.linked()
    again = story.phone(story.clinic)
    again.seed = phone.seed
    desk = story.sign_in("desk", story.clinic)
    made = desk.post(f"/console/api/patients/{story.chart}/invites", json={"checks": CHECKS, "rekey": False})
    reference = made.json["reference"]
    again.fetch(reference)
    again.prove(reference)
    refused = desk.post(f"/console/api/references/{reference}/confirm", json={})
    assert refused.json["code"] == "key-known"


def test_of_two_invitations_the_first_to_be_confirmed_connects(story: Story) -> None:
    phones, references = [story.phone(), story.phone()], [story.invite()["reference"] for _ in range(2)]
    for phone, reference in zip(phones, references, strict=True):
        phone.fetch(reference)
        phone.prove(reference)
    answers = [
        story.desk.post(f"/console/api/references/{reference}/confirm", json={}).json
        for reference in references
    ]
    assert answers[0]["state"] == "confirmed"
    assert answers[1]["code"] == "link-claimed"


def test_pressing_confirm_many_times_makes_one_entry(story: Story) -> None:
    phone, reference = story.phone(), story.invite()["reference"]
    phone.fetch(reference)
    phone.prove(reference)
    row = find_reference(story.gw, story.hospital, reference)
    with ThreadPoolExecutor(6) as pool:
        refused = list(pool.map(lambda _: confirm_invite(story.gw, row), range(6)))
    assert refused == [None] * 6
    assert len(phone.timeline()["records"]) == 1


def test_a_crash_after_the_entry_was_committed_leaves_a_confirmed_invitation(story: Story) -> None:
    phone, reference = story.phone(), story.invite()["reference"]
    phone.fetch(reference)
    phone.prove(reference)
    confirm_invite(story.gw, find_reference(story.gw, story.hospital, reference))
    write(story.gw, find_reference(story.gw, story.hospital, reference), confirmed_at=None)
    story.clock.advance(hours=1)
    row = settled(story.gw, find_reference(story.gw, story.hospital, reference))
    assert row.confirmed_at is not None
    assert story.desk.get(f"/console/api/references/{reference}").json["code"] in ("signin-required",)
    assert phone.state(reference).json["state"] == "confirmed"


def test_a_cancelled_invitation_connects_nobody(story: Story) -> None:
    phone, reference = story.phone(), story.invite()["reference"]
    phone.fetch(reference)
    phone.prove(reference)
    story.desk.post(f"/console/api/references/{reference}/cancel", json={})
    refused = story.desk.post(f"/console/api/references/{reference}/confirm", json={})
    assert refused.json["code"] == "reference-ended"
    assert phone.state(reference).json["state"] == "stopped"
