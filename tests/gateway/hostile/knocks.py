"""Knocks at doors: every answer is held against what any answer must be, whoever sent whatever."""

from __future__ import annotations

import itertools
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway.composition import Gateway
from gateway.web.problem_codes import gather
from tests.gateway.conftest import CONSOLE, WALLET

# The token endpoint speaks RFC 6749.
OAUTH = {
    "invalid_request": 400,
    "invalid_client": 401,
    "invalid_grant": 400,
    "invalid_scope": 400,
    "unsupported_grant_type": 400,
    "temporarily_unavailable": 503,
}
CODES = gather()
_ADDRESSES = itertools.count()

# One of each way in which text goes wrong somewhere; JSON holds the ones that UTF-8 cannot.
NAUGHTY = [
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "null", "undefined", "NaN", "Infinity",
    "-1", "1e400",
    "0x10", "9" * 400, "9007199254740993", "' OR 1=1 --", "\"; DROP TABLE record; --", "%", "%00",
    "_", ".", "..",
    "../../etc/passwd", "..\\..\\", "/etc/passwd", "//evil.example/", "<script>alert(1)</script>",
    "{{7*7}}",
    "${7*7}", "$(id)", "%s%s%n", "\r\nSet-Cookie: a=b", "\u202eevil", "\u200b", "\ufeff", "\ufffe",
    "ﷺ", "ß",
    "田中さんにあげて下さい", "👩‍👩‍👧‍👦", "A" * 20_000, "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "True", "[]",
    "{}",
]  # fmt: skip


def size(gw: Gateway) -> int:
    with gw.ledger.view() as view:
        return int(view.size)


def knock(
    gw: Gateway, client: FlaskClient, method: str, url: str, *, address: str = "", **request: Any
) -> TestResponse:
    """One request, from an address of its own unless one is named.

    A refusal is documented and has left the ledger as it was.
    """
    number = next(_ADDRESSES)
    address = address or f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    before = size(gw)
    answer = client.open(
        url, method=method, environ_overrides={"REMOTE_ADDR": address}, buffered=True, **request
    )
    check(answer, f"{method} {url[:200]}")
    # A peer's read is written down before anybody knows whether it finds something.
    if answer.status_code >= 400 and code_of(answer) != "not-granted":
        assert size(gw) == before, f"a refused {method} {url[:200]} changed the ledger"
    return answer


def check(answer: TestResponse, what: str) -> None:
    """No fault, and every refusal by a documented code with its documented status."""
    if answer.status_code < 400 or answer.status_code == 412:
        return  # 412 is HTTP's own word about a file that is not the one named
    code = code_of(answer)
    if code in OAUTH and answer.json is not None and "error" in answer.json:
        assert answer.status_code == OAUTH[code], what
        return
    assert code in CODES, (what, answer.status_code, answer.data[:200])
    assert code != "internal-error", (what, answer.data[:300])
    assert answer.status_code == CODES[code].status, (what, code, answer.status_code)


def bare(app: Flask) -> FlaskClient:
    """A client that keeps no cookies of its own, so that a Cookie header arrives as written."""
    return app.test_client(use_cookies=False)


def code_of(answer: TestResponse) -> str:
    """The stable code of a refusal, in whichever of the three forms it came."""
    body = answer.get_json(force=True, silent=True) if answer.data else None
    if not isinstance(body, dict):
        return ""
    if body.get("resourceType") == "OperationOutcome":
        return str(body["issue"][0]["details"]["coding"][0]["code"])
    return str(body.get("code") or body.get("error") or "")


def same(one: TestResponse, other: TestResponse) -> bool:
    """Equal to the last byte, headers too; only the number of the request may differ."""
    return seen(one) == seen(other)


def seen(answer: TestResponse) -> tuple[int, list[tuple[str, str]], bytes]:
    headers = sorted((name, value) for name, value in answer.headers if name != "X-Request-Id")
    return answer.status_code, headers, answer.data


def from_wallet(**more: str) -> dict[str, str]:
    return {"Origin": WALLET, **more}


def from_console(**more: str) -> dict[str, str]:
    return {"Origin": CONSOLE, **more}
