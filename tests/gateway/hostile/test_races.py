"""Two things at the same moment: taking back and pulling, two desks, many first looks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from gateway.links.links import ensure_link, links_of_patient
from gateway.looks.looks import record_look
from ledger.entry import parse_entry
from ledger.record import decode_record
from tests.gateway.hostile.doors import peer_bearer
from tests.gateway.hostile.knocks import check, code_of, from_wallet
from tests.gateway.wallet.story import CHECKS, Story

ROUNDS = 12


def entries_of(story: Story, link: str) -> list[Any]:
    with story.gw.ledger.view() as view:
        rows = view.chain(link)
    return [parse_entry(decode_record(row.record_bytes).entry.decode()) for row in rows]


def test_no_disclosure_is_ordered_after_the_taking_back(story: Story) -> None:
    """Readers pull without end, as a peer and on the doctor's screen, while the phone takes back."""
    phone = story.linked()
    for _ in range(ROUNDS):
        reference, offer = story.granted(phone)
        bearer, together = peer_bearer(story, offer["grant"]), Barrier(4)
        entry = phone.entry("grant.revoke", grant=offer["grant"])
        taken_back: list[int] = []

        def read(
            number: int,
            reference: str = reference,
            bearer: dict[str, str] = bearer,
            together: Barrier = together,
            taken_back: list[int] = taken_back,
        ) -> list[tuple[bool, int]]:
            """(the phone had its answer before we asked, records that we got) until nothing more comes."""
            client, got = story.client(), []
            together.wait()
            for _ in range(50):
                late = bool(taken_back)
                if number:
                    url = f"/i/{story.hospital}/fhir/Observation?patient={story.patient}"
                    answer = client.get(url, headers=bearer)
                    check(answer, url)
                    count = answer.text.count('"fullUrl"') if answer.status_code == 200 else 0
                else:
                    answer = story.doctor.post(f"/console/api/visits/{reference}/refresh")
                    check(answer, "refresh")
                    count = sum(len(one["items"]) for one in answer.json.get("sources", ()))
                got.append((late, count))
                if late:
                    break
            return got

        def take_back(
            entry: str = entry, together: Barrier = together, taken_back: list[int] = taken_back
        ) -> int:
            together.wait()
            url = f"/i/{story.hospital}/wallet/entries"
            status = story.client().post(url, json={"entry": entry}, headers=from_wallet()).status_code
            taken_back.append(status)
            return int(status)

        with ThreadPoolExecutor(4) as pool:
            readers = [pool.submit(read, number) for number in range(3)]
            assert pool.submit(take_back).result() == 201
            for reader in readers:
                # What was asked for after the phone had its answer brings nothing.
                assert all(count == 0 for late, count in reader.result() if late)
        kinds = [
            each.kind
            for each in entries_of(story, phone.link)
            if offer["grant"] in (each.payload.get("under"), each.payload.get("grant"))
        ]
        assert kinds[-1] == "grant.revoke"
        assert kinds.count("grant.revoke") == 1
        story.clock.advance(seconds=1)


def test_two_desks_that_confirm_at_once_connect_once(story: Story) -> None:
    desks = [story.desk, story.sign_in("desk", story.hospital), story.sign_in("desk", story.hospital)]
    for number in range(ROUNDS // 2):
        phone, made = story.phone(), story.invite(rekey=number > 0)
        phone.fetch(made["reference"])
        phone.prove(made["reference"])
        before = len(entries_of(story, phone.link)) if number else 0
        together = Barrier(len(desks))

        def press(
            desk: Any,
            url: str = f"/console/api/references/{made['reference']}/confirm",
            together: Barrier = together,
        ) -> Any:
            together.wait()
            return desk.post(url, json={})

        with ThreadPoolExecutor(len(desks)) as pool:
            answers = list(pool.map(press, desks))
        assert [answer.json["state"] for answer in answers] == ["confirmed"] * len(desks)
        assert len(entries_of(story, phone.link)) == before + 1
        assert phone.sign_in().status_code == 200
        story.clock.advance(days=2)
        desks = [story.sign_in("desk", story.hospital) for _ in desks]
        story.desk = desks[0]


def test_two_invitations_confirmed_at_once_connect_one_phone(story: Story) -> None:
    phones, references = [], []
    for _ in range(2):
        phone, reference = story.phone(), story.invite()["reference"]
        phone.fetch(reference)
        phone.prove(reference)
        phones.append(phone)
        references.append(reference)
    together = Barrier(2)

    def press(reference: str) -> Any:
        together.wait()
        return story.desk.post(f"/console/api/references/{reference}/confirm", json={})

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(press, references))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert sorted(phone.sign_in().status_code for phone in phones) == [200, 401]
    assert [each.kind for each in entries_of(story, phones[0].link)].count("link.open") == 1


def test_a_confirmation_and_a_cancellation_at_once_leave_one_truth(story: Story) -> None:
    for number in range(ROUNDS // 2):
        phone, made = story.phone(), story.invite(rekey=number > 0 and claimed(story))
        phone.fetch(made["reference"])
        phone.prove(made["reference"])
        together = Barrier(2)

        def press(step: str, reference: str = made["reference"], together: Barrier = together) -> Any:
            together.wait()
            return story.desk.post(f"/console/api/references/{reference}/{step}", json={})

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(press, ("confirm", "cancel")))
        for answer in answers:
            check(answer, "confirm or cancel")
        state = story.desk.get(f"/console/api/references/{made['reference']}").json["state"]
        assert state in ("confirmed", "stopped")
        assert (phone.sign_in().status_code == 200) == (state == "confirmed")
        story.clock.advance(days=2)
        story.desk = story.sign_in("desk", story.hospital)


def claimed(story: Story) -> bool:
    with story.gw.db.connect() as conn:
        links = links_of_patient(conn, story.hospital, story.patient)
    with story.gw.ledger.view() as view:
        return any((view.get(f"link/{link}") or {}).get("claimed") for link in links)


def test_eight_first_looks_at_once_open_one_link_and_are_eight_looks(story: Story) -> None:
    together = Barrier(8)
    user = {"id": "x", "name": "医生（合成）", "role": "clinician"}

    def look(_: int) -> Any:
        together.wait()
        return record_look(
            story.gw, story.hospital, story.patient, user, "own-care", {"kinds": [], "count": 0}
        )

    with ThreadPoolExecutor(8) as pool:
        looks = list(pool.map(look, range(8)))
    assert len({one.subject for one in looks}) == 1
    assert len({one.entry_id for one in looks}) == 8
    kinds = [each.kind for each in entries_of(story, looks[0].subject)]
    assert kinds == ["link.open"] + ["look.made"] * 8
    assert ensure_link(story.gw, story.hospital, story.patient) == looks[0].subject


def test_eight_desks_that_invite_at_once_speak_of_one_link(story: Story) -> None:
    together = Barrier(8)

    def invite(_: int) -> Any:
        together.wait()
        url = f"/console/api/patients/{story.patient}/invites"
        return story.desk.post(url, json={"checks": CHECKS, "rekey": False})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(invite, range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json["reference"] for answer in answers}) == 8
    with story.gw.db.connect() as conn:
        assert len(links_of_patient(conn, story.hospital, story.patient)) == 1


def test_answers_and_refusals_to_one_question_at_once_leave_one_truth(story: Story) -> None:
    phone = story.linked()
    for _ in range(ROUNDS // 2):
        reference, asker = story.ask()["reference"], story.asker()
        request = asker.fetch(reference).json["request"]
        _, offer = phone.give(request)
        together = Barrier(3)
        steps = [
            lambda asker=asker, ref=reference, offer=offer: asker.post(
                f"references/{ref}/grants", {"key": asker.key, "grants": [offer]}
            ),
            lambda asker=asker, ref=reference: asker.post(f"references/{ref}/stop", {"key": asker.key}),
            lambda ref=reference: story.doctor.post(f"/console/api/references/{ref}/confirm", json={}),
        ]

        def run(step: Any, together: Barrier = together) -> Any:
            together.wait()
            return step()

        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(run, steps))
        for answer in answers:
            check(answer, "an answer, a no and a confirmation at once")
        state = story.doctor.get(f"/console/api/references/{reference}").json["state"]
        assert state in ("accepted", "stopped")
        visit = story.doctor.get(f"/console/api/visits/{reference}")
        assert (visit.status_code == 200) == (state == "accepted")
        assert visit.status_code == 200 or code_of(visit) == "reference-unknown"
