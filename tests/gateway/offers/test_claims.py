"""Who may put a request into a patient's box: the first genuine one that names it, and nobody else."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from gateway.offers.store import put_in
from gateway.web.logs import make_log
from ledger.signing import sign_compact
from tests.gateway.hostile.knocks import NAUGHTY, knock, same
from tests.gateway.offers.patient import UNKNOWN, Offering, offering, payload, signed, take
from tests.gateway.wallet.story import HOUR, Story

MINUTE = 60_000


def clinician(**changes: Any) -> dict[str, Any]:
    return {"id": "d", "name": "林医生（合成）", "role": "clinician", "department": "内科", **changes}


def told(**changes: Any) -> Callable[[Story, str], str]:
    """A request of the clinic, truly signed, with these changes."""
    return lambda story, name: signed(
        story,
        payload(
            story,
            name,
            **{key: change(story) if callable(change) else change for key, change in changes.items()},
        ),
    )


FORGED: dict[str, Callable[[Story, str], str]] = {
    "another key signed it": lambda story, name: sign_compact(
        os.urandom(32), "yaoshi-request", payload(story, name)
    ),
    "the release key signed it": lambda story, name: signed(story, payload(story, name), use="release"),
    "it is of another type": lambda story, name: signed(story, payload(story, name), typ="yaoshi-proof"),
    "another institution is said to ask": told(institution=lambda story: story.hospital),
    "an institution that nobody knows asks": told(institution="0" * 32),
    "the institution is no id": told(institution=7),
    "it is for another ledger": told(ledger="0" * 64),
    "it names another offer": told(
        offer=lambda story: {"institution": story.hospital, "reference": "7HPR3C8N"}
    ),
    "it names the offer at another institution": told(
        offer=lambda story: {"institution": story.clinic, "reference": UNKNOWN}
    ),
    "it names no offer": told(offer=...),
    "the offer has one more member": lambda story, name: signed(
        story, payload(story, name, offer={"institution": story.hospital, "reference": name, "link": "x"})
    ),
    "it has one more member": told(patient="林秀兰"),
    "it lacks a member": told(**{"from": ...}),
    "it was made three minutes ago": told(at=lambda story: story.gw.clock() - 3 * MINUTE),
    "it was made in three minutes": told(at=lambda story: story.gw.clock() + 3 * MINUTE),
    "it has expired": told(expires=lambda story: story.gw.clock()),
    "it expires tomorrow": told(expires=lambda story: story.gw.clock() + 24 * HOUR),
    "what it asks for is over": told(not_after=lambda story: story.gw.clock()),
    "its moment is a text": told(at="1767225600000"),
    "it asks for nothing": told(kinds=[]),
    "it asks for a kind that there is not": told(kinds=["everything"]),
    "its purpose is none": told(purpose="HMARKT"),
    "its reason is a book": told(reason="因" * 201),
    "its reason is empty": told(reason=""),
    "its first day is none": told(**{"from": "2026-02-30"}),
    "its reference is none": told(reference="7hpr3c8n"),
    "its doctor has no name": told(clinician=clinician(name="")),
    "its doctor is a text": told(clinician="林医生"),
    "its last character is another": lambda story, name: signed(story, payload(story, name))[:-2] + "AA",
    "it is longer than any": lambda story, name: signed(story, payload(story, name)) + "A" * 8192,
}


@pytest.mark.parametrize("make", FORGED.values(), ids=FORGED.keys())
def test_a_request_does_not_use_an_offer_up_when(story: Story, make: Callable[[Story, str], str]) -> None:
    patient = offering(story)
    name = patient.make()["reference"]
    request = make(story, name)
    if len(request) <= 8192:
        refused = patient.bring(name, request)
        unknown = patient.bring(UNKNOWN, request)
        assert (refused.status_code, refused.json["code"]) == (404, "offer-unknown")
        assert same(refused, unknown)
    else:
        assert patient.bring(name, request).status_code == 422
    assert patient.state(name).json["state"] == "waiting"
    assert take(story, patient.url(name)).status_code == 200, "the right doctor still comes through"


def _claimed(patient: Offering) -> str:
    name = patient.make()["reference"]
    assert take(patient.story, patient.url(name)).status_code == 200
    return name


def _stopped(patient: Offering) -> str:
    name = patient.make()["reference"]
    patient.post(f"offers/{name}/stop")
    return name


def _expired(patient: Offering) -> str:
    name = patient.make()["reference"]
    patient.story.clock.advance(minutes=10)
    return name


def _elsewhere(patient: Offering) -> str:
    return str(patient.story.invite(rekey=True)["reference"])


CLOSED: dict[str, Callable[[Offering], str]] = {
    "another doctor has taken it": _claimed,
    "the patient closed it": _stopped,
    "it is ten minutes old": _expired,
    "it is the desk's invitation": _elsewhere,
    "nobody made it": lambda patient: UNKNOWN,
}


@pytest.mark.parametrize("make", CLOSED.values(), ids=CLOSED.keys())
def test_a_genuine_request_learns_nothing_when(story: Story, make: Callable[[Offering], str]) -> None:
    patient = offering(story)
    name = make(patient)
    refused = patient.bring(name, signed(story, payload(story, name)))
    unknown = patient.bring(UNKNOWN, signed(story, payload(story, UNKNOWN)))
    assert (refused.status_code, refused.json["code"]) == (404, "offer-unknown")
    assert same(refused, unknown)
    assert take(story, patient.url(name)).json["code"] == "offer-unknown"


def test_a_genuine_request_over_http_is_put_in(story: Story) -> None:
    patient = offering(story)
    name = patient.make()["reference"]
    request = signed(story, payload(story, name))
    assert patient.bring(name.lower(), request).json == {"state": "claimed"}
    assert patient.state(name).json["claim"] == {"institution": story.clinic, "request": request}


def test_the_same_request_again_is_answered_again_and_another_is_not(story: Story) -> None:
    patient = offering(story)
    name = patient.make()["reference"]
    request = signed(story, payload(story, name))
    assert patient.bring(name, request).json == {"state": "claimed"}
    assert patient.bring(name, request).json == {"state": "claimed"}, "its answer was lost on the way"
    other = signed(story, payload(story, name, reason="别的原因"))
    assert patient.bring(name, other).json["code"] == "offer-unknown"
    assert patient.state(name).json["claim"]["request"] == request


def test_a_request_that_was_caught_opens_no_other_patients_box(story: Story) -> None:
    patient = offering(story)
    first, second = patient.make()["reference"], patient.make()["reference"]
    caught = signed(story, payload(story, first))
    assert patient.bring(second, caught).json["code"] == "offer-unknown"
    ordinary = story.asker().fetch(story.ask()["reference"]).json["request"]
    assert patient.bring(second, ordinary).json["code"] == "offer-unknown"
    assert patient.state(second).json["state"] == "waiting"


def test_of_many_doctors_at_once_exactly_one_gets_the_offer(story: Story) -> None:
    patient, doctors = offering(story), 8
    for _ in range(6):
        name = patient.make()["reference"]
        requests = [
            signed(story, payload(story, name, reason=f"第 {number} 位")) for number in range(doctors)
        ]
        together = Barrier(doctors)

        def bring(request: str, name: str = name, together: Barrier = together) -> bool:
            together.wait()
            return put_in(story.gw, story.hospital, name, story.clinic, request)

        with ThreadPoolExecutor(doctors) as pool:
            won = list(pool.map(bring, requests))
        assert won.count(True) == 1
        assert patient.state(name).json["claim"]["request"] == requests[won.index(True)]


def test_of_two_consoles_at_once_exactly_one_gets_the_offer_and_the_other_a_plain_no(story: Story) -> None:
    patient = offering(story)
    doctors = [story.doctor, story.sign_in("clinician", story.clinic), story.clinician]
    charts = [story.chart, story.chart, story.patient]
    for _ in range(4):
        name, together = patient.make()["reference"], Barrier(len(doctors))

        def bring(number: int, name: str = name, together: Barrier = together) -> Any:
            together.wait()
            return take(story, patient.url(name), doctors[number], patient=charts[number])

        with ThreadPoolExecutor(len(doctors)) as pool:
            answers = list(pool.map(bring, range(len(doctors))))
        assert sorted(answer.status_code for answer in answers) == [200, 404, 404]
        (winner,) = [answer.json for answer in answers if answer.status_code == 200]
        claim = patient.state(name).json["claim"]
        fetched = story.phone(claim["institution"]).fetch(winner["reference"]).json["request"]
        assert fetched == claim["request"]


def test_an_offer_that_is_closed_while_a_doctor_takes_it_is_closed_and_empty(story: Story) -> None:
    patient = offering(story)
    for _ in range(6):
        name, together = patient.make()["reference"], Barrier(2)
        request = signed(story, payload(story, name))

        def bring(name: str = name, request: str = request, together: Barrier = together) -> Any:
            together.wait()
            return patient.bring(name, request).status_code

        def close(name: str = name, together: Barrier = together) -> Any:
            together.wait()
            return patient.post(f"offers/{name}/stop").json["state"]

        with ThreadPoolExecutor(2) as pool:
            brought, closed = pool.submit(bring), pool.submit(close)
            assert closed.result() == "stopped"
            assert brought.result() in (200, 404)
        found = patient.state(name).json
        assert (found["state"], found["claim"]) == ("stopped", None)
        with story.gw.db.connect() as conn:
            kept = conn.exec_driver_sql("SELECT count(*) FROM offer WHERE request IS NOT NULL").scalar()
        assert kept == 0


def test_a_doctor_who_lost_keeps_no_open_question(story: Story) -> None:
    patient = offering(story)
    assert take(story, patient.url(UNKNOWN)).json["code"] == "offer-unknown"
    with story.gw.db.connect() as conn:
        rows = conn.exec_driver_sql("SELECT stopped_at FROM reference WHERE type = 'ask'").all()
    assert len(rows) == 1
    assert rows[0].stopped_at is not None


def test_a_rotated_peer_key_claims_nothing_with_the_old_one(story: Story) -> None:
    patient = offering(story)
    name = patient.make()["reference"]
    old = signed(story, payload(story, name))
    renew_peer_key(story)
    assert patient.bring(name, old).json["code"] == "offer-unknown"
    assert patient.state(name).json["state"] == "waiting"


def test_why_a_request_was_refused_stands_in_the_log_without_a_word_of_it(story: Story) -> None:
    patient, written = offering(story), io.StringIO()
    name = patient.make()["reference"]
    object.__setattr__(story.gw, "log", make_log(written))
    patient.bring(name, signed(story, payload(story, name, reason="")))
    patient.bring(UNKNOWN, signed(story, payload(story, UNKNOWN)))
    log = written.getvalue()
    assert '"cause": "form"' in log
    assert '"cause": "not-waiting"' in log
    for word in (name, "糖尿病", "林医生"):
        assert word not in log


@pytest.mark.parametrize("text", NAUGHTY, ids=lambda text: repr(text)[:24])
def test_absurd_requests_and_names_are_refused(story: Story, text: str) -> None:
    client = story.client()
    for name, request in ((UNKNOWN, text), (text or " ", "a.b.c")):
        answer = knock(
            story.gw,
            client,
            "POST",
            f"/i/{story.hospital}/offers/{quoted(name)}",
            data=json.dumps({"request": request}),
            content_type="application/json",
        )
        assert answer.status_code in (400, 404, 405, 422, 308), answer.status_code


def quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text.encode("utf-8", "surrogatepass"), safe="")


def renew_peer_key(story: Story) -> None:
    """The clinic has a new peer key on the ledger; the ring still signs with the old one."""
    from gateway.identity.keyring import KeyRing
    from gateway.identity.rotation import named_keys
    from gateway.identity.signing import submit_signed
    from ledger.encoding import unb64u

    path = story.gw.settings.offline_path / story.clinic / "offline.key"
    ring = KeyRing({(story.clinic, "offline"): unb64u(path.read_text("ascii").strip())})
    with story.gw.ledger.view() as view:
        named = named_keys(view, story.clinic, {"peer": os.urandom(32)})
    entry = {
        "ledger": story.gw.ledger.id,
        "subject": story.clinic,
        "kind": "institution.keys",
        "at": story.gw.clock(),
        **named,
    }
    committed = submit_signed(story.gw, ring.sign(story.clinic, "offline", "yaoshi-entry", entry))
    assert getattr(committed, "index", None) is not None, committed
