"""A whole story with words found nowhere else: no log, address, header, code or ledger holds one."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request

from gateway.qr.svg import qr_svg
from gateway.records.importing.importer import import_paths
from gateway.records.importing.report import Report
from gateway.records.patients import find_patients
from gateway.references.code import qr_address
from gateway.web.logs import make_log
from ledger.audit import export_log
from ledger.encoding import unb64u
from ledger.entry import parse_entry
from ledger.record import decode_record
from tests.gateway.disclosure.world import category
from tests.gateway.hostile.doors import peer_bearer
from tests.gateway.hostile.knocks import check, from_wallet
from tests.gateway.offers.patient import take
from tests.gateway.wallet.phone import Phone
from tests.gateway.wallet.story import CHECKS, Story

NAME, NUMBER, NATIONAL = "司徒霁雪（合成）", "CHART-77310842", "110101199003074477"
BIRTH, REASON, RESULT, NOTE = "1990-03-07", "反复胸闷三周复诊", "13.57913", "结节样增生待查"
PHONE_NUMBER = "13800139077"
WORDS = (NAME, "司徒霁雪", NUMBER, NATIONAL, BIRTH, REASON, RESULT, NOTE, PHONE_NUMBER)


def chart() -> dict[str, Any]:
    patient = {
        "resourceType": "Patient",
        "id": "p-words",
        "identifier": [
            {"system": "urn:test:chart", "value": NUMBER},
            {"system": "urn:test:national", "value": NATIONAL},
        ],
        "name": [{"text": NAME}],
        "telecom": [{"system": "phone", "value": PHONE_NUMBER}],
        "gender": "female",
        "birthDate": BIRTH,
    }
    result = {
        "resourceType": "Observation",
        "id": "o-words",
        "status": "final",
        "category": [category("laboratory")],
        "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}], "text": NOTE},
        "subject": {"reference": "Patient/p-words"},
        "effectiveDateTime": "2026-01-01T08:10:00+08:00",
        "valueQuantity": {"value": float(RESULT), "unit": "%"},
    }
    entries = [
        {"fullUrl": f"urn:test:{each['resourceType']}", "resource": each} for each in (patient, result)
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def forms(word: str) -> Iterator[bytes]:
    """How a word may hide: as it is, escaped for JSON or an address, in base64 at three offsets."""
    plain = word.encode()
    yield plain
    yield json.dumps(word)[1:-1].encode()
    yield "".join(f"%{byte:02X}" for byte in plain).encode()
    for before in range(3):
        coded = base64.urlsafe_b64encode(b"\x00" * before + plain)
        # the characters that no neighbouring byte shares
        yield coded[-(-before * 8 // 6) : (before + len(plain)) * 8 // 6]


def assert_holds_no_word(what: str, data: bytes) -> None:
    for word in WORDS:
        for form in forms(word):
            assert form not in data, f"{what} holds {word}"


@pytest.fixture
def log(story: Story) -> io.StringIO:
    """What the node writes to its log from here on."""
    written = io.StringIO()
    # The node is put together already, and frozen: only its log goes elsewhere for this test.
    object.__setattr__(story.gw, "log", make_log(written))
    return written


@pytest.fixture
def overheard(story: Story, tmp_path: Path) -> tuple[Story, list[str]]:
    """The story with the distinctive chart, and every address and answer's header that went over the wire."""
    path = tmp_path / "words.json"
    path.write_text(json.dumps(chart(), ensure_ascii=False))
    for institution in (story.hospital, story.clinic):
        import_paths(
            story.gw.db, institution, [path], Report(), clock=story.gw.clock, entropy=story.gw.entropy
        )
    with story.gw.db.connect() as conn:
        story.patient = find_patients(conn, story.hospital, NUMBER)[0].id
        story.chart = find_patients(conn, story.clinic, NUMBER)[0].id
    heard: list[str] = []
    listen(story.app, heard)
    return story, heard


def listen(app: Flask, heard: list[str]) -> None:
    def note(response: Response) -> Response:
        heard.append(f"{request.method} {request.full_path}")
        heard.extend(f"{name}: {value}" for name, value in response.headers)
        return response

    app.after_request_funcs.setdefault(None, []).append(note)


def live(story: Story) -> tuple[list[str], list[str]]:
    """Everything that a patient, staff, a doctor and a peer do; the texts and pictures of the codes."""
    texts, pictures = [], []
    story.desk.post("/console/api/patients/search", json={"text": NAME})
    story.desk.post("/console/api/patients/search", json={"text": NATIONAL})
    for client in (story.desk, story.clinician):
        assert client.post(f"/console/api/patients/{story.patient}/open", json={}).status_code == 200
    made = story.desk.post(
        f"/console/api/patients/{story.patient}/invites", json={"checks": CHECKS, "rekey": False}
    ).json
    phone = story.phone()
    phone.fetch(made["reference"])
    phone.prove(made["reference"])
    story.desk.post(f"/console/api/references/{made['reference']}/confirm", json={})
    asked = story.ask(reason=REASON)
    for client, one in ((story.desk, made), (story.doctor, asked)):
        texts += [one["url"], one["code"]]
        pictures.append(client.get(f"/console/api/references/{one['reference']}/qr.svg").text)
    asker = story.asker()
    given, offer = phone.give(asker.fetch(asked["reference"]).json["request"])
    assert given.status_code == 201
    asker.post(f"references/{asked['reference']}/grants", {"key": asker.key, "grants": [offer]})
    story.doctor.post(f"/console/api/references/{asked['reference']}/confirm", json={})
    assert NOTE in story.doctor.get(f"/console/api/visits/{asked['reference']}").text
    bearer = peer_bearer(story, offer["grant"])
    found = story.client().get(
        f"/i/{story.hospital}/fhir/Observation?patient={story.patient}&_count=1", headers=bearer
    )
    assert NOTE in found.text
    assert (
        NAME in story.client().get(f"/i/{story.hospital}/fhir/Patient/{story.patient}", headers=bearer).text
    )
    assert NOTE in phone.records().text
    phone.timeline()
    story.sign_in("privacy", story.hospital).post(
        f"/console/api/patients/{story.patient}/accounting", json={}
    )
    texts.append(offer_and_be_asked(story, phone))
    phone.submit("grant.revoke", grant=offer["grant"])
    blunder(story, phone.bearer(), bearer)
    return texts, pictures


def offer_and_be_asked(story: Story, phone: Phone) -> str:
    """The patient's own code, taken by a doctor with a reason that says much; the code."""
    bearer = phone.bearer()
    code = str(phone.post("offers", {}, **bearer).json["code"])
    assert take(story, code, reason=REASON).status_code == 200
    assert take(story, NAME).status_code == 409
    url = f"/i/{story.hospital}/wallet/offers/{code[2:]}"
    assert story.client().get(url, headers=bearer).json["state"] == "claimed"
    return code


def blunder(story: Story, bearer: dict[str, str], peer: dict[str, str]) -> None:
    """What people and programs get wrong, with identifying words where they do not belong."""
    wallet = f"/i/{story.hospital}/wallet"
    tries: list[tuple[Any, str, str, dict[str, Any]]] = [
        (story.desk, "POST", "/console/api/patients/search", {"json": {"text": NAME, NATIONAL: NAME}}),
        (story.desk, "POST", "/console/api/patients/search", {"json": {NAME: {"text": NAME}}}),
        (
            story.doctor,
            "POST",
            "/console/api/asks",
            {"json": {"reason": REASON, "purpose": NAME, "kinds": [NOTE]}},
        ),
        (
            story.client(),
            "POST",
            "/console/api/session",
            {"json": {"institution": story.hospital, "user": NAME, "password": NATIONAL}},
        ),
        (story.client(), "POST", f"{wallet}/entries", {"json": {"entry": NAME}, "headers": from_wallet()}),
        (story.client(), "POST", f"{wallet}/sessions", {"json": {"login": NAME}, "headers": from_wallet()}),
        (
            story.client(),
            "POST",
            f"{wallet}/timeline",
            {"json": {"kept": NAME}, "headers": from_wallet(**bearer)},
        ),
        (
            story.client(),
            "POST",
            f"{wallet}/records",
            {"json": {"kinds": [NAME]}, "headers": from_wallet(**bearer)},
        ),
        (story.client(), "POST", f"{wallet}/entries", {"data": NAME.encode(), "headers": from_wallet()}),
        (
            story.client(),
            "POST",
            f"/i/{story.hospital}/token",
            {"data": {"grant_type": NAME, NAME: NATIONAL}},
        ),
        (
            story.client(),
            "POST",
            f"/i/{story.hospital}/fhir/Observation/_search",
            {"data": {"patient.name": NAME}, "headers": peer},
        ),
        (
            story.client(),
            "POST",
            f"/i/{story.hospital}/fhir/Observation/_search",
            {"data": {"date": NAME}, "headers": peer},
        ),
        (
            story.client(),
            "POST",
            f"/i/{story.hospital}/fhir/Patient/_search",
            {"data": {"_id": NATIONAL}, "headers": peer},
        ),
    ]
    for client, method, url, body in tries:
        check(client.open(url, method=method, **body), url)


@pytest.mark.parametrize("before", [b"", b"x", b"xy"])
def test_a_word_is_found_wherever_it_hides(before: bytes) -> None:
    for word in WORDS:
        hidden = before + word.encode() + b", and more"
        for data in (hidden, json.dumps({"a": word}).encode(), base64.urlsafe_b64encode(hidden)):
            with pytest.raises(AssertionError):
                assert_holds_no_word("this", data)


def test_no_word_of_a_patient_leaves_its_place(
    overheard: tuple[Story, list[str]],
    log: io.StringIO,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    story, heard = overheard
    with caplog.at_level(0):
        texts, pictures = live(story)
    printed = capfd.readouterr()
    assert '"event": "request"' in log.getvalue()
    assert_holds_no_word("the log", (log.getvalue() + printed.out + printed.err + caplog.text).encode())
    assert len(heard) > 100
    # Test addresses hold pseudonyms: the patient's id is one, made by the institution's own store.
    assert_holds_no_word("an address or a header", "\n".join(heard).encode())
    for text in texts:
        assert_holds_no_word("a code", text.encode())
        assert re.fullmatch(
            r"[A-Z0-9]{10}|http://127\.0\.0\.1:8080/q#[\w-]{22}\.[A-Z]{2}\.[0-9A-Z]{8}", text
        ), text
        assert story.patient not in text
    for picture in pictures:
        assert_holds_no_word("a picture of a code", picture.encode())


def test_the_picture_of_a_code_is_of_its_address_and_nothing_else(story: Story) -> None:
    made = story.invite()
    address = qr_address(story.gw.ledger.genesis.doc["wallet"], story.gw.ledger.id, "WX", made["reference"])
    shown = story.desk.get(f"/console/api/references/{made['reference']}/qr.svg").text
    assert (made["url"], shown) == (address, qr_svg(address))


def test_the_ledger_holds_no_word_of_a_patient(overheard: tuple[Story, list[str]]) -> None:
    story, _ = overheard
    live(story)
    file = io.BytesIO()
    with story.gw.ledger.view() as view:
        export_log(view, file)
        entries = [decode_record(row.record_bytes).entry for row in view.records(1, 1000)]
    assert_holds_no_word("the exported ledger", file.getvalue())
    assert len(entries) > 8
    for entry in entries:
        header, payload, _ = entry.decode().split(".")
        assert_holds_no_word("an entry", unb64u(header) + unb64u(payload))
        words = json.dumps(parse_entry(entry.decode()).payload)
        # Neither local ids nor names of staff, which would join a pseudonym to a person.
        for local in (story.patient, story.chart, "p-words", "o-words", story.doctor.staff_id, "测试员"):  # type: ignore[attr-defined]
            assert local not in words
    data = story.gw.settings.ledger_path
    for path in data.parent.glob(f"{data.name}*"):
        assert_holds_no_word(path.name, path.read_bytes())
