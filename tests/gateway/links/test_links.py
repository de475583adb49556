"""A patient's link is opened by the first look, once, and its id is nobody's business."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from gateway.links.links import ensure_link, links_of_patient, patient_of_link, reserve_link
from gateway.links.tables import patient_link
from gateway.looks.looks import record_look
from ledger.entry import parse_entry
from ledger.errors import Malformed, Refusal
from ledger.record import decode_record
from tests.gateway.wallet.story import Story

WHO = {"id": "nurse-1", "name": "护士（合成）", "role": "nurse"}


def opened_links(story: Story) -> list[str]:
    with story.gw.ledger.view() as view:
        return [
            row.record_bytes.hex()
            for row in view.records(0, view.size)
            if b"link.open" in _payload(row.record_bytes)
        ]


def _payload(record: bytes) -> bytes:
    try:
        return parse_entry(decode_record(record).entry.decode()).kind.encode()
    except Malformed:
        return b""


def test_many_first_looks_at_once_open_one_link(story: Story) -> None:
    with ThreadPoolExecutor(8) as pool:
        links = set(pool.map(lambda _: ensure_link(story.gw, story.hospital, story.patient), range(8)))
    assert len(links) == 1
    assert len(opened_links(story)) == 1


def test_a_link_is_known_only_to_its_institution(story: Story) -> None:
    link = ensure_link(story.gw, story.hospital, story.patient)
    with story.gw.db.connect() as conn:
        assert patient_of_link(conn, story.hospital, link) == story.patient
        assert patient_of_link(conn, story.clinic, link) is None
        assert links_of_patient(conn, story.hospital, story.patient) == [link]
        assert links_of_patient(conn, story.clinic, story.patient) == []


def test_an_invitation_that_nobody_finished_keeps_its_link_for_the_first_look(story: Story) -> None:
    phone = story.phone()
    phone.fetch(story.invite()["reference"])
    assert ensure_link(story.gw, story.hospital, story.patient) == phone.link


def test_a_look_between_invitation_and_confirmation_does_not_disturb_it(story: Story) -> None:
    phone, reference = story.phone(), story.invite()["reference"]
    phone.fetch(reference)
    phone.prove(reference)
    record_look(story.gw, story.hospital, story.patient, WHO, "own-care", {"kinds": [], "count": 0})
    confirmed = story.desk.post(f"/console/api/references/{reference}/confirm", json={})
    assert confirmed.json["state"] == "confirmed"
    assert len(phone.timeline()["records"]) == 3


def test_looks_go_on_being_written_to_a_closed_link(story: Story) -> None:
    phone = story.linked()
    phone.submit("link.close")
    reserve_link(story.gw, story.hospital, story.patient)
    looked = record_look(story.gw, story.hospital, story.patient, WHO, "own-care", {"kinds": [], "count": 0})
    assert looked.subject == phone.link
    with story.gw.db.connect() as conn:
        assert len(links_of_patient(conn, story.hospital, story.patient)) == 2


def test_a_look_that_the_ledger_refuses_is_a_value(story: Story) -> None:
    link = ensure_link(story.gw, story.hospital, story.patient)
    answer = record_look(story.gw, story.hospital, story.patient, WHO, "own-care", {"kinds": [], "count": 0})
    assert not isinstance(answer, Refusal)
    assert answer.subject == link


def test_a_links_id_begins_like_its_institutions(story: Story) -> None:
    for institution, patient in ((story.hospital, story.patient), (story.clinic, "another")):
        reserved = reserve_link(story.gw, institution, patient)
        assert reserved[:8] == institution[:8]
        assert reserve_link(story.gw, institution, patient) == reserved


def test_an_id_that_an_earlier_release_reserved_is_given_up_for_one_that_can_be_opened(story: Story) -> None:
    before = {"link": "0" * 32, "institution": story.hospital, "patient_id": story.patient, "generation": 1}
    with story.gw.db.begin() as conn:
        conn.execute(patient_link.insert().values(before))
    link = ensure_link(story.gw, story.hospital, story.patient)
    assert link[:8] == story.hospital[:8]
    assert len(opened_links(story)) == 1
    with story.gw.db.connect() as conn:
        assert links_of_patient(conn, story.hospital, story.patient) == [link, "0" * 32]
