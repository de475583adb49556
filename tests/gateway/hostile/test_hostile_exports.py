"""Files handed to the auditor's page as exports of the ledger: every change is found, none is a fault."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.gateway.conftest import CONSOLE
from tests.gateway.hostile.knocks import NAUGHTY, check, size
from tests.gateway.wallet.story import Story

URL = "/console/api/audit/verify"


@pytest.fixture(scope="module")
def auditor(town: Story) -> FlaskClient:
    phone = town.linked()
    _, offer = town.granted(phone)
    phone.submit("grant.revoke", grant=offer["grant"])
    return town.sign_in("auditor", town.hospital)


@pytest.fixture(scope="module")
def exported(auditor: FlaskClient) -> bytes:
    answer = auditor.get("/console/api/audit/export", buffered=True)
    assert answer.status_code == 200
    return bytes(answer.data)


def verify(auditor: FlaskClient, data: bytes) -> Any:
    answer = auditor.post(URL, data=data, content_type="application/octet-stream")
    check(answer, "an uploaded file")
    return answer.json


def test_an_export_as_it_came_verifies(auditor: FlaskClient, exported: bytes) -> None:
    result = verify(auditor, exported)
    assert result["ok"] is True, result
    form = {"file": (io.BytesIO(exported), "ledger.yaoshi")}
    assert auditor.post(URL, data=form, content_type="multipart/form-data").json["ok"] is True


def test_every_changed_byte_is_found(auditor: FlaskClient, exported: bytes) -> None:
    """Two hundred bytes, chosen by a seed, each with one bit changed."""
    chance = random.Random(77)  # noqa: S311 - which bytes are changed
    for place in chance.sample(range(len(exported)), 200):
        changed = bytearray(exported)
        changed[place] ^= 1 << chance.randrange(8)
        result = verify(auditor, bytes(changed))
        assert result["ok"] is False, (place, exported[max(0, place - 20) : place + 20])
        assert result["first_difference"], place


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda data: b"",
    "a line break": lambda data: b"\n",
    "its first half": lambda data: data[: len(data) // 2],
    "all but its last byte": lambda data: data[:-1],
    "all but its last line": lambda data: b"".join(data.splitlines(keepends=True)[:-1]),
    "all but its first line": lambda data: b"".join(data.splitlines(keepends=True)[1:]),
    "the file twice": lambda data: data + data,
    "a tail": lambda data: data + b"x",
    "its lines turned round": lambda data: b"".join(data.splitlines(keepends=True)[::-1]),
    "one line twice": lambda data: b"".join((lines := data.splitlines(keepends=True))[:3] + lines[2:]),
    "zeros": lambda data: bytes(len(data)),
    "ones": lambda data: b"\xff" * len(data),
    "a megabyte of brackets": lambda data: b"[" * 1_000_000,
    "a megabyte of objects": lambda data: b'{"a":' * 200_000,
    "a huge number": lambda data: b"9" * 1_000_000,
    "one endless line": lambda data: data.replace(b"\n", b" ") + b" " * 1_000_000,
    "a mark of byte order": lambda data: b"\xef\xbb\xbf" + data,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_file_is_not_found_good_that_is(
    auditor: FlaskClient, exported: bytes, change: Callable[[bytes], bytes]
) -> None:
    assert verify(auditor, change(exported))["ok"] is not True


def test_any_text_may_be_uploaded(town: Story, auditor: FlaskClient) -> None:
    before = size(town.gw)
    for text in NAUGHTY:
        assert verify(auditor, text.encode("utf-8", "surrogatepass"))["ok"] is not True
    broken = auditor.post(
        URL, data=b"--x\r\nContent-Disposition: form", content_type="multipart/form-data; boundary=x"
    )
    check(broken, "half a form")
    assert size(town.gw) == before
    assert town.client().get("/livez", base_url=CONSOLE).status_code == 200
