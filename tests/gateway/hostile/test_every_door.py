"""Every route of the node, met with the wrong person, host, origin, body, method, address and header."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.conftest import CONSOLE, WALLET
from tests.gateway.hostile.doors import Door, People, address, doors, people
from tests.gateway.hostile.knocks import NAUGHTY, bare, code_of, knock, size
from tests.gateway.wallet.story import Story

DATA = Path(__file__).resolve().parents[3] / "../shared/data/vectors"
PARSING, STRINGS = DATA / "json-parsing/test_parsing", DATA / "naughty-strings/blns.json"
STREAMS = ("/events",)
JSON = "application/json"


@pytest.fixture(scope="module")
def everybody(town: Story) -> People:
    return people(town)


@pytest.fixture(scope="module")
def all_doors(town: Story) -> list[Door]:
    found = doors(town.app)
    assert len(found) > 50
    return found


def test_a_door_lets_nobody_in_who_is_not_named_on_it(everybody: People, all_doors: list[Door]) -> None:
    gw = everybody.town.gw
    for door in all_doors:
        if door.access.kind == "open":
            continue
        for who, client, headers in everybody.strangers(door):
            answer = knock(
                gw, client, door.method, address(door, everybody.values), base_url=CONSOLE, headers=headers
            )
            expected = {"staff": 401, "wallet": 401, "peer": 401}[door.access.kind]
            if door.access.kind == "staff" and who.endswith(" of the hospital") and "token" not in who:
                expected = 403
            assert answer.status_code == expected, (str(door), who, answer.data[:200])


def test_a_session_without_its_cookie_is_no_session(everybody: People, all_doors: list[Door]) -> None:
    """The same people once more, their credentials spoilt in transit."""
    gw = everybody.town.gw
    for door in all_doors:
        if door.access.kind == "open":
            continue
        client, headers = everybody.rightful(door)
        cookie = client.get_cookie("yaoshi", domain="localhost")
        spoilt = [f"yaoshi={cookie.value[:-2]}AA", f"yaoshi={cookie.value}.x", "yaoshi="] if cookie else []
        for value in spoilt:
            answer = knock(
                gw,
                bare(everybody.town.app),
                door.method,
                address(door, everybody.values),
                headers={**headers, "Cookie": value},
            )
            assert answer.status_code == 401, (str(door), value[:40])
        bearer = headers.get("Authorization", "")
        for value in [bearer[:-1], bearer + "A", bearer.swapcase(), f"{bearer} {bearer}"] if bearer else []:
            answer = knock(
                gw,
                everybody.town.client(),
                door.method,
                address(door, everybody.values),
                headers={"Authorization": value},
            )
            assert answer.status_code == 401, (str(door), value[:20])


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost", "localhost:80", "127.0.0.1", "[::1]:8080", "localhost:8080@evil", "", "."],
)
def test_a_strange_host_reaches_no_door(host: str, everybody: People, all_doors: list[Door]) -> None:
    for door in all_doors:
        client, headers = everybody.rightful(door)
        answer = knock(
            everybody.town.gw,
            client,
            door.method,
            address(door, everybody.values),
            headers={**headers, "Host": host},
        )
        assert (answer.status_code, code_of(answer)) == (421, "host-unknown"), str(door)


def test_the_other_host_has_no_such_door(everybody: People, all_doors: list[Door]) -> None:
    for door in all_doors:
        if door.side == "both":
            continue
        client, headers = everybody.rightful(door)
        other = CONSOLE if door.side == "wallet" else WALLET
        answer = knock(
            everybody.town.gw,
            client,
            door.method,
            address(door, everybody.values),
            base_url=other,
            headers=headers,
        )
        assert (answer.status_code, code_of(answer)) == (404, "not-found"), str(door)


@pytest.mark.parametrize(
    "origin", [None, "null", "https://evil.example", WALLET, f"{CONSOLE}.evil.example", "*"]
)
def test_staff_write_from_their_own_page_only(
    origin: str | None, everybody: People, all_doors: list[Door]
) -> None:
    for door in all_doors:
        if door.access.kind != "staff" or door.method == "GET":
            continue
        client, _ = everybody.rightful(door)
        # Flask's own client adds no Origin; the test's client would.
        answer = knock(
            everybody.town.gw,
            client,
            door.method,
            address(door, everybody.values),
            headers={"Origin": origin} if origin is not None else {"Origin": ""},
        )
        assert (answer.status_code, code_of(answer)) == (403, "origin-refused"), str(door)


def test_a_foreign_page_cannot_read_as_staff_either(everybody: People, all_doors: list[Door]) -> None:
    for door in all_doors:
        if door.access.kind == "staff" and door.method == "GET":
            client, _ = everybody.rightful(door)
            answer = knock(
                everybody.town.gw,
                client,
                "GET",
                address(door, everybody.values),
                headers={"Origin": "https://evil.example"},
            )
            assert code_of(answer) == "origin-refused", str(door)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "CONNECT", "PROPFIND", "FROBNICATE", "病人"])
def test_a_method_that_a_door_does_not_take_is_named_so(
    method: str, everybody: People, all_doors: list[Door]
) -> None:
    for door in all_doors:
        client, headers = everybody.rightful(door)
        answer = knock(
            everybody.town.gw,
            client,
            method,
            address(door, everybody.values),
            base_url=door.origin,
            headers=headers,
        )
        assert answer.status_code in (404, 405), (method, str(door))


def test_a_body_over_the_limit_is_refused(everybody: People, all_doors: list[Door]) -> None:
    limit = everybody.town.gw.settings.body_limit
    for door in all_doors:
        if door.method != "POST" or door.rule.endswith("/verify"):
            continue
        client, headers = everybody.rightful(door)
        kind = JSON if door.takes_json else "application/x-www-form-urlencoded"
        answer = knock(
            everybody.town.gw,
            client,
            "POST",
            address(door, everybody.values),
            headers=headers,
            data=b"a" * (limit + 1),
            content_type=kind,
        )
        assert (answer.status_code, code_of(answer)) == (413, "body-too-large"), str(door)


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "x",
    ],
)
def test_a_body_of_another_type_is_refused(kind: str, everybody: People, all_doors: list[Door]) -> None:
    for door in all_doors:
        if not door.takes_json:
            continue
        client, headers = everybody.rightful(door)
        answer = knock(
            everybody.town.gw,
            client,
            door.method,
            address(door, everybody.values),
            headers=headers,
            data=b'{"key":"x"}',
            content_type=kind,
        )
        assert (answer.status_code, code_of(answer)) == (415, "content-type-unsupported"), str(door)


AMBIGUOUS = {
    "a name twice": b'{"key":"a","key":"b"}',
    "a fraction": b'{"key":1.0}',
    "an exponent": b'{"key":1e2}',
    "not a number": b'{"key":NaN}',
    "a huge number": b'{"key":' + b"9" * 100_000 + b"}",
    "beyond 2^53": b'{"key":9007199254740992}',
    "endless arrays": b"[" * 400_000,
    "endless objects": b'{"a":' * 100_000,
    "nine levels": b'{"a":' * 9 + b"1" + b"}" * 9,
    "a lone surrogate": b'{"key":"\\udc00"}',
    "a lone surrogate as a name": b'{"\\ud800":1}',
    "not UTF-8": b'{"key":"\xff"}',
    "UTF-16": '{"key":"a"}'.encode("utf-16"),
    "a mark of byte order": b'\xef\xbb\xbf{"key":"a"}',
    "two documents": b"{}{}",
    "a list": b"[{}]",
    "a text": b'"key"',
    "nothing": b"null",
    "a comment": b"{}//",
    "a tail of NUL": b"{}\x00",
}


@pytest.mark.parametrize("body", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_json_of_more_than_one_meaning_is_refused(
    body: bytes, everybody: People, all_doors: list[Door]
) -> None:
    for door in all_doors:
        if not door.takes_json:
            continue
        client, headers = everybody.rightful(door)
        answer = knock(
            everybody.town.gw,
            client,
            door.method,
            address(door, everybody.values),
            headers=headers,
            data=body,
            content_type=JSON,
        )
        assert (answer.status_code, code_of(answer)) == (400, "json-malformed"), str(door)


@pytest.mark.skipif(not PARSING.is_dir(), reason="../shared/data/vectors/json-parsing is not there")
def test_what_json_readers_disagree_about_is_refused_everywhere(
    everybody: People, all_doors: list[Door]
) -> None:
    # Nobody and nothing of these names is there, so that even a well-formed body changes nothing.
    values = {**everybody.values, "reference": "00000000", "patient_id": "nobody", "run": "x"}
    vectors = {path.name: path.read_bytes()[:100_000] for path in sorted(PARSING.glob("*.json"))}
    judged = [door for door in all_doors if door.takes_json and not door.rule.endswith(("/session", "/runs"))]
    for door in judged:
        client, headers = everybody.rightful(door)
        for name, body in vectors.items():
            if name.startswith("y_") and door.rule.endswith(("/records", "/search")):
                continue
            answer = knock(
                everybody.town.gw,
                client,
                door.method,
                address(door, values),
                headers=headers,
                data=body,
                content_type=JSON,
            )
            if name.startswith("n_") and body:
                assert code_of(answer) == "json-malformed", (str(door), name)


def naughty() -> list[str]:
    """Our own strings, and the public list wherever it lies beside the project."""
    return [*NAUGHTY, *(json.loads(STRINGS.read_bytes()) if STRINGS.is_file() else [])]


def test_absurd_addresses_are_refused(everybody: People, all_doors: list[Door]) -> None:
    for door in all_doors:
        if door.rule.endswith(STREAMS):
            continue
        client, headers = everybody.rightful(door)
        body: dict[str, Any] = {"json": {}} if door.takes_json else {}
        for name in door.names:
            for text in naughty():
                if not text or (name == "name" and text in (".", "..")):
                    continue  # another address
                answer = knock(
                    everybody.town.gw,
                    client,
                    door.method,
                    address(door, {**everybody.values, name: text}),
                    base_url=door.origin,
                    headers=headers,
                    **body,
                )
                told_nothing = answer.status_code in (308, 404, 401, 405, 422, 400, 403)
                closing = door.method == "DELETE" and answer.status_code == 204
                assert told_nothing or closing, (str(door), name, text[:40], answer.status_code)


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=9-1", "bytes=-0", "lines=1-2", "bytes=0-1,3-4"])
def test_a_part_of_a_file_that_is_not_there_is_no_fault(asked: str, everybody: People) -> None:
    client = everybody.town.client()
    for path in ("/sw.js", "/shared/tokens.css", "/"):
        answer = knock(everybody.town.gw, client, "GET", path, base_url=WALLET, headers={"Range": asked})
        assert answer.status_code in (200, 206, 400), answer.status_code


@pytest.mark.parametrize(
    "path",
    ["/shared/theme.css", "/shared/../../app.py", "/wallet/..%2f..%2fapp.py",
    "/shared/%2e%2e%2fwallet/sw.js",
     "//evil.example/%2e%2e", "/\\evil.example", "/console", "/i", "/i/", "/i//wallet/nonce",
     "/%00", "/%ff%fe",
     "/ledger/tile/" + "9" * 300, "/ledger/tile/0/x001/x001/000.p/-1", "/ledger/tile/0/１",
     "/ledger/tile/-0/000"],
    ids=lambda path: path[:40],
)  # fmt: skip
def test_addresses_that_no_route_has_lead_nowhere_else(path: str, everybody: People) -> None:
    for origin in (CONSOLE, WALLET):
        answer = knock(everybody.town.gw, everybody.town.client(), "GET", path, base_url=origin)
        assert answer.status_code in (308, 404), answer.status_code
        if answer.status_code == 308:
            assert answer.headers["Location"].startswith((origin, "/"))
            assert not answer.headers["Location"].startswith("//")


def test_after_all_this_the_town_still_works(everybody: People) -> None:
    town, before = everybody.town, size(everybody.town.gw)
    assert town.visit(everybody.reference)["sources"][0]["state"] == "open"
    assert size(town.gw) > before
    assert everybody.phone.submit("grant.revoke", grant=everybody.grant).status_code == 201
