"""A patient shows a code at one hospital's doctor; the box stands at another hospital's node."""

from __future__ import annotations

from typing import Any

from ledger.signing import peek_compact
from tests.gateway.peers.story import HOUR, Story
from tests.gateway.peers.town import WALLET
from tests.gateway.wallet.phone import Phone


def offered(phone: Phone) -> dict[str, Any]:
    made = phone.post("offers", {}, **phone.bearer())
    assert made.status_code == 200, made.text
    return dict(made.json)


def take(among: Story, code: str) -> Any:
    question = {
        "patient": None,
        "purpose": "TREAT",
        "reason": "糖尿病复诊",
        "kinds": ["laboratory"],
        "from": None,
        "not_after": among.town.clock() + 72 * HOUR,
        "code": code,
    }
    return among.doctor.post("/console/api/offers", json=question)


def box(phone: Phone, reference: str) -> dict[str, Any]:
    answer = phone.client.get(f"/i/{phone.institution}/wallet/offers/{reference}", headers=phone.bearer())
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def test_a_request_reaches_the_patients_box_at_another_node(among: Story) -> None:
    b, phone = among.town.b, among.linked(among.town.a)
    made = offered(phone)

    taken = take(among, made["code"])

    assert taken.status_code == 200, taken.text
    held = box(phone, made["reference"])
    assert (held["state"], held["claim"]["institution"]) == ("claimed", b.institution)
    asker = Phone(b.gw, b.client(), b.institution)
    assert asker.fetch(taken.json["reference"]).json["request"] == held["claim"]["request"]
    given, offer = phone.give(held["claim"]["request"])
    assert given.status_code == 201
    among.answered(taken.json["reference"], asker, [offer])
    among.doctor.post(f"/console/api/references/{taken.json['reference']}/confirm", json={})
    assert among.seen(taken.json["reference"])["sources"][0]["state"] == "open"


def test_a_qr_code_opens_the_one_wallet_that_the_genesis_names(among: Story) -> None:
    phone = among.linked(among.town.a)
    made = offered(phone)
    ledger = among.town.b.gw.ledger.id
    assert among.town.b.gw.settings.wallet_origin != WALLET
    reference, _asker, _request = among.asked()
    shown = among.doctor.get(f"/console/api/references/{reference}").json
    short = shown["url"].split("#")[1].split(".")[0]
    assert shown["url"].startswith(f"{WALLET}/q#")

    own = among.town.b.gw.settings.wallet_origin
    assert take(among, f"{own}/q#{short}.WX.{made['reference']}").json["code"] == "offer-code-foreign"
    assert take(among, f"{WALLET}/q#{short}.WX.{made['reference']}").status_code == 200, ledger


def test_a_code_that_is_none_is_the_one_answer(among: Story) -> None:
    answer = take(among, "WX00000000")
    assert (answer.status_code, answer.json["code"]) == (404, "offer-unknown")


def test_a_node_that_is_down_is_an_outage_and_the_request_is_over(among: Story) -> None:
    phone = among.linked(among.town.a)
    made = offered(phone)
    among.town.a.change = lambda _heard, _status, _headers, _body: (502, b"<html>")

    answer = take(among, made["code"])

    assert (answer.status_code, answer.json["code"]) == (503, "custodian-unreachable")
    among.town.a.change = None
    held = box(phone, made["reference"])
    assert held["state"] == "claimed"  # it had arrived: the phone finds the request ended at B
    b = among.town.b
    asker = Phone(b.gw, b.client(), b.institution)
    reference = peek_compact(held["claim"]["request"])[1]["reference"]
    assert asker.fetch(reference).status_code == 404
