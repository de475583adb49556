"""Hostile input at every door of phone and staff: a documented no, never a fault, never a change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from gateway.web.problems import codes
from tests.gateway.wallet.phone import WALLET, Phone
from tests.gateway.wallet.story import CHECKS, Story

DATA = Path(__file__).resolve().parents[3] / "../shared/data/vectors"
VECTORS = DATA / "json-parsing/test_parsing"

# One of each way in which text goes wrong somewhere; sent as JSON escapes where UTF-8 cannot hold it.
NAUGHTY = [
    "", " ", "\u0000", "a\u0000b", "\ud800", "\udfff\ud800", "null", "undefined", "NaN", "-1", "1e400",
    "0x10",
    "9" * 400, "' OR 1=1 --", "\"; DROP TABLE reference; --", "%", "%00", "_", "../../etc/passwd", "..\\..\\",
    "<script>alert(1)</script>", "{{7*7}}", "${7*7}", "$(id)", "`id`", "%s%s%n", "\r\nSet-Cookie: a=b",
    "\u202eevil", "\u200b", "\ufeff", "\ufffe", "ﷺ", "Ω≈ç√∫", "田中さんにあげて下さい", "👩‍👩‍👧‍👦", "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "A" * 100_000, "a.b.c", "....", "eyJhbGciOiJub25lIn0.e30.", "True", "[]", "{}",
]  # fmt: skip
VALUES: list[Any] = [
    *NAUGHTY,
    None,
    True,
    0,
    -1,
    2**53,
    10**30,
    1.5,
    [],
    [[]],
    {},
    {"a": {"b": []}},
    ["x"] * 1000,
]


def doors(story: Story, phone: Phone, asker: Phone, invited: str, asked: str) -> list[tuple[str, str, Any]]:
    """(method path, kind of caller, a body that would do) for every route that takes a body."""
    wallet, staff = f"/i/{story.hospital}/wallet", "/console/api"
    clinic = f"/i/{story.clinic}/wallet"
    opening = {"salt": "A" * 43, "details": "{}"}
    receipt = {
        "record": "AA",
        "heads": "A" * 43,
        "inclusion": ["A" * 43],
        "checkpoint": "x\n1\nAA=\n\n— x AA=\n",
    }
    grant = {"custodian": story.hospital, "grant": "0" * 64, "receipt": receipt, "opening": opening}
    ask = {
        "patient": None,
        "purpose": "TREAT",
        "reason": "复诊",
        "kinds": ["laboratory"],
        "from": "2025-01-01",
    }
    return [
        (f"{wallet}/references/{invited}", "phone", {"key": phone.key}),
        (f"{wallet}/references/{invited}/proof", "phone", {"key": phone.key, "proof": "a.b.c"}),
        (f"{wallet}/references/{invited}/state", "phone", {"key": phone.key}),
        (f"{clinic}/references/{asked}/grants", "phone", {"key": asker.key, "grants": [grant]}),
        (f"{wallet}/nonce", "phone", {"link": "0" * 32}),
        (f"{wallet}/sessions", "phone", {"login": "a.b.c"}),
        (
            f"{wallet}/entries",
            "phone",
            {"entry": phone.entry("grant.revoke", grant="0" * 64), "opening": opening},
        ),
        (f"{wallet}/timeline", "bearer", {"kept": 1}),
        (f"{wallet}/records", "bearer", {"kinds": ["laboratory"]}),
        (f"{staff}/patients/search", "desk", {"text": "x"}),
        (
            f"{staff}/patients/{story.patient}/invites",
            "desk",
            {"checks": {**CHECKS, "match": False}, "rekey": False},
        ),
        (f"{staff}/asks", "doctor", {**ask, "not_after": 1}),
    ]


def variants(body: Any) -> Iterator[Any]:
    """The body with each value replaced by each hostile one, with a member missing, with one too many."""
    yield from VALUES
    for name, value in body.items():
        yield {other: kept for other, kept in body.items() if other != name}
        for hostile in VALUES:
            yield {**body, name: hostile}
        if isinstance(value, dict):
            for inner in variants(value):
                yield {**body, name: inner}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for inner in variants(value[0]):
                yield {**body, name: [inner]}
    yield {**body, "__proto__": {}, "more": "x"}


@pytest.fixture
def knocking(story: Story) -> Any:
    """A function that sends raw bytes to a door as its rightful caller, each time from another address."""
    phone, asker = story.linked(), story.asker()
    invited, asked = story.invite(rekey=True)["reference"], story.ask()["reference"]
    asker.fetch(asked)
    new = story.phone()
    new.fetch(invited)
    new.link = phone.link
    all_doors = doors(story, new, asker, invited, asked)
    bearer = phone.bearer()
    callers = {
        "desk": (story.desk, {}),
        "doctor": (story.doctor, {}),
        "phone": (story.client(), {"Origin": WALLET}),
    }
    callers["bearer"] = (story.client(), {"Origin": WALLET, **bearer})

    addresses = (
        f"10.{high}.{middle}.{low}" for high in range(9) for middle in range(256) for low in range(256)
    )

    def knock(number: int, data: bytes) -> Any:
        path, caller, _ = all_doors[number]
        client, headers = callers[caller]
        client.environ_base["REMOTE_ADDR"] = next(addresses)
        return client.post(path, data=data, content_type="application/json", headers=headers)

    return knock, all_doors


DOORS = [
    "references", "proof", "state", "grants", "nonce", "sessions", "entries", "timeline", "records", "search",
    "invites", "asks",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(DOORS)), ids=DOORS)
def test_hostile_values_get_a_documented_refusal_at(story: Story, knocking: Any, number: int) -> None:
    knock, all_doors = knocking
    with story.gw.ledger.view() as view:
        before = view.size
    looks = 0
    for body in variants(all_doors[number][2]):
        answer = knock(number, json.dumps(body).encode())
        assert answer.status_code < 500, (answer.json, str(body)[:200])
        if answer.status_code >= 400:
            assert answer.json["code"] in codes()
        elif DOORS[number] == "records":
            looks += 1  # a reading without kinds is a proper reading, and an entry
    with story.gw.ledger.view() as view:
        assert view.size == before + looks


@pytest.mark.skipif(not VECTORS.is_dir(), reason="../shared/data/vectors/json-parsing is not there")
@pytest.mark.parametrize("number", range(len(DOORS)), ids=DOORS)
def test_json_that_readers_disagree_about_is_refused_at(knocking: Any, number: int) -> None:
    knock, _ = knocking
    for path in sorted(VECTORS.glob("*.json")):
        answer = knock(number, path.read_bytes()[:200_000])
        assert answer.status_code < 500, path.name
        # No body at all is an empty object, which is enough where nothing is asked for.
        if path.name.startswith("n_") and path.stat().st_size:
            assert answer.status_code >= 400, path.name


@pytest.mark.parametrize("number", range(len(DOORS)), ids=DOORS)
def test_naughty_strings_in_every_member_get_documented_answers_at(knocking: Any, number: int) -> None:
    knock, all_doors = knocking
    body = all_doors[number][2]
    for text in NAUGHTY:
        for name in body:
            answer = knock(number, json.dumps({**body, name: text}).encode())
            assert answer.status_code < 500, (name, text)
            assert answer.status_code < 400 or answer.json["code"] in codes()


@pytest.mark.parametrize("text", NAUGHTY[1:], ids=range(1, len(NAUGHTY)))
def test_hostile_addresses_get_one_answer(story: Story, text: str) -> None:
    part = quote(text.encode("utf-8", "surrogatepass")[:2000], safe="")
    phone = story.phone()
    urls = [f"/i/{part}/wallet/nonce", f"/i/{story.hospital}/wallet/references/{part}"]
    for url in urls:
        answer = phone.client.post(url, json={"key": phone.key}, headers={"Origin": WALLET})
        assert 400 <= answer.status_code < 500
    for url in (f"references/{part}", f"references/{part}/qr.svg", f"visits/{part}"):
        answer = story.doctor.get(f"/console/api/{url}")
        assert 400 <= answer.status_code < 500
    for url in (f"patients/{part}/open", f"references/{part}/confirm"):
        answer = story.doctor.post(f"/console/api/{url}", json={})
        assert 400 <= answer.status_code < 500


def test_a_body_beyond_the_limit_is_refused(story: Story) -> None:
    phone = story.linked()
    answer = phone.post("entries", {"entry": "A" * (2 * 1024 * 1024)})
    assert (answer.status_code, answer.json["code"]) == (413, "body-too-large")
